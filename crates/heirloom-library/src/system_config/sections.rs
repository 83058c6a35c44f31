//! The settings of the server in the contract's words, with what is true of a new installation.

use serde::{Deserialize, Serialize};

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }
    )+};
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant,)+ }
    )+};
}

choices! {
    Acceleration { Nvenc = "nvenc", Qsv = "qsv", Vaapi = "vaapi", Rkmpp = "rkmpp", Disabled = "disabled", }
    AudioCodec { Mp3 = "mp3", Aac = "aac", Opus = "opus", Pcm = "pcm_s16le", }
    Container { Mov = "mov", Mp4 = "mp4", Ogg = "ogg", Webm = "webm", }
    VideoCodec { H264 = "h264", Hevc = "hevc", Vp9 = "vp9", Av1 = "av1", }
    QualityMode { Auto = "auto", Cqp = "cqp", Icq = "icq", }
    ToneMapping { Hable = "hable", Mobius = "mobius", Reinhard = "reinhard", Disabled = "disabled", }
    TranscodePolicy {
        All = "all", Optimal = "optimal", Bitrate = "bitrate", Required = "required", Disabled = "disabled",
    }
    Colorspace { Srgb = "srgb", P3 = "p3", }
    ImageFormat { Jpeg = "jpeg", Webp = "webp", }
    LogLevel {
        Verbose = "verbose", Debug = "debug", Log = "log", Warn = "warn", Error = "error", Fatal = "fatal",
    }
    ReleaseChannel { Stable = "stable", ReleaseCandidate = "releaseCandidate", }
    TokenAuth { Post = "client_secret_post", Basic = "client_secret_basic", }
}

sections! {
    /// All of them.
    SystemConfig {
        backup: Backup = Backup::default(),
        ffmpeg: Ffmpeg = Ffmpeg::default(),
        image: Image = Image::default(),
        integrity_checks: IntegrityChecks = IntegrityChecks::default(),
        job: Job = Job::default(),
        library: ExternalLibraries = ExternalLibraries::default(),
        logging: Logging = Logging::default(),
        machine_learning: MachineLearning = MachineLearning::default(),
        map: Map = Map::default(),
        metadata: Metadata = Metadata::default(),
        new_version_check: NewVersionCheck = NewVersionCheck::default(),
        nightly_tasks: NightlyTasks = NightlyTasks::default(),
        notifications: Notifications = Notifications::default(),
        oauth: OAuth = OAuth::default(),
        password_login: PasswordLogin = PasswordLogin::default(),
        reverse_geocoding: ReverseGeocoding = ReverseGeocoding::default(),
        server: Server = Server::default(),
        storage_template: StorageTemplate = StorageTemplate::default(),
        templates: Templates = Templates::default(),
        theme: Theme = Theme::default(),
        trash: Trash = Trash::default(),
        user: Accounts = Accounts::default(),
    }

    Backup { database: DatabaseBackup = DatabaseBackup::default(), }
    DatabaseBackup {
        cron_expression: String = "0 2 * * *".into(),
        enabled: bool = true,
        keep_last_amount: i64 = 14,
    }

    /// What `heirloom_media::video` does.
    Ffmpeg {
        accel: Acceleration = Acceleration::Disabled,
        accel_decode: bool = false,
        accepted_audio_codecs: Vec<AudioCodec> = vec![AudioCodec::Aac, AudioCodec::Mp3],
        accepted_containers: Vec<Container> = vec![Container::Mov, Container::Mp4],
        accepted_video_codecs: Vec<VideoCodec> = vec![VideoCodec::H264],
        bframes: i64 = -1,
        cq_mode: QualityMode = QualityMode::Auto,
        crf: i64 = 23,
        gop_size: i64 = 0,
        max_bitrate: String = "0".into(),
        preferred_hw_device: String = "auto".into(),
        preset: String = "veryfast".into(),
        realtime: RealtimeVideo = RealtimeVideo::default(),
        refs: i64 = 0,
        target_audio_codec: AudioCodec = AudioCodec::Aac,
        target_resolution: String = "original".into(),
        target_video_codec: VideoCodec = VideoCodec::H264,
        #[serde(rename = "temporalAQ")]
        temporal_aq: bool = false,
        threads: i64 = 0,
        tonemap: ToneMapping = ToneMapping::Disabled,
        transcode: TranscodePolicy = TranscodePolicy::Required,
        two_pass: bool = false,
    }
    RealtimeVideo {
        enabled: bool = false,
        resolutions: Vec<i64> = vec![480, 720, 1080],
        video_codecs: Vec<VideoCodec> = vec![VideoCodec::H264],
    }

    /// What `heirloom_media::renditions` makes.
    Image {
        colorspace: Colorspace = Colorspace::Srgb,
        extract_embedded: bool = true,
        fullsize: FullsizeImage = FullsizeImage::default(),
        preview: SizedImage = SizedImage {
            format: ImageFormat::Jpeg,
            progressive: Some(false),
            quality: 80,
            size: 1440,
        },
        thumbnail: SizedImage = SizedImage {
            format: ImageFormat::Webp,
            progressive: Some(false),
            quality: 80,
            size: 250,
        },
    }
    FullsizeImage {
        enabled: bool = true,
        format: ImageFormat = ImageFormat::Jpeg,
        #[serde(skip_serializing_if = "Option::is_none")]
        progressive: Option<bool> = Some(false),
        quality: i64 = 80,
    }
    SizedImage {
        format: ImageFormat = ImageFormat::Jpeg,
        #[serde(skip_serializing_if = "Option::is_none")]
        progressive: Option<bool> = Some(false),
        quality: i64 = 80,
        size: i64 = 1440,
    }

    IntegrityChecks {
        checksum_files: ChecksumCheck = ChecksumCheck::default(),
        missing_files: FileCheck = FileCheck::default(),
        untracked_files: FileCheck = FileCheck::default(),
    }
    ChecksumCheck {
        cron_expression: String = "0 3 * * *".into(),
        enabled: bool = true,
        /// How much of all originals one run may read, 0 to 1.
        percentage_limit: f64 = 1.0,
        /// Milliseconds of one run.
        time_limit: i64 = 60 * 60 * 1000,
    }
    FileCheck {
        cron_expression: String = "0 4 * * 0".into(),
        enabled: bool = true,
    }

    /// One job takes an asset through all its stages, so that these are one number.
    Job {
        background_task: Concurrency = Concurrency::default(),
        editor: Concurrency = Concurrency::default(),
        face_detection: Concurrency = Concurrency::default(),
        integrity_check: Concurrency = Concurrency::default(),
        library: Concurrency = Concurrency::default(),
        metadata_extraction: Concurrency = Concurrency::default(),
        migration: Concurrency = Concurrency::default(),
        notifications: Concurrency = Concurrency::default(),
        ocr: Concurrency = Concurrency::default(),
        search: Concurrency = Concurrency::default(),
        sidecar: Concurrency = Concurrency::default(),
        smart_search: Concurrency = Concurrency::default(),
        thumbnail_generation: Concurrency = Concurrency::default(),
        video_conversion: Concurrency = Concurrency::default(),
        workflow: Concurrency = Concurrency::default(),
    }
    Concurrency { concurrency: i64 = 1, }

    ExternalLibraries {
        scan: ScanSchedule = ScanSchedule::default(),
        watch: Watch = Watch::default(),
    }
    ScanSchedule {
        cron_expression: String = "0 0 * * *".into(),
        enabled: bool = true,
    }
    Watch { enabled: bool = true, }

    Logging {
        enabled: bool = true,
        level: LogLevel = LogLevel::Log,
    }

    MachineLearning {
        availability_checks: AvailabilityChecks = AvailabilityChecks::default(),
        clip: Clip = Clip::default(),
        duplicate_detection: DuplicateDetection = DuplicateDetection::default(),
        enabled: bool = false,
        facial_recognition: FacialRecognition = FacialRecognition::default(),
        ocr: Ocr = Ocr::default(),
        /// The contract wants one; models run in this process.
        urls: Vec<String> = vec!["local".into()],
    }
    AvailabilityChecks {
        enabled: bool = false,
        interval: i64 = 30_000,
        timeout: i64 = 2_000,
    }
    Clip {
        enabled: bool = false,
        model_name: String = "starter".into(),
    }
    DuplicateDetection {
        enabled: bool = false,
        max_distance: f64 = 0.01,
    }
    FacialRecognition {
        enabled: bool = false,
        max_distance: f64 = 0.5,
        min_faces: i64 = 3,
        min_score: f64 = 0.7,
        model_name: String = "starter".into(),
    }
    Ocr {
        enabled: bool = false,
        max_resolution: i64 = 736,
        min_detection_score: f64 = 0.5,
        min_recognition_score: f64 = 0.8,
        model_name: String = "starter".into(),
    }

    /// Without styles, clients draw their own map.
    Map {
        dark_style: String = String::new(),
        enabled: bool = true,
        light_style: String = String::new(),
    }

    Metadata { faces: ImportedFaces = ImportedFaces::default(), }
    ImportedFaces { import: bool = false, }

    /// Nobody is asked for newer versions.
    NewVersionCheck {
        channel: ReleaseChannel = ReleaseChannel::Stable,
        enabled: bool = false,
    }

    /// Housekeeping runs every few minutes; what it does is listed here.
    NightlyTasks {
        cluster_new_faces: bool = true,
        database_cleanup: bool = true,
        generate_memories: bool = true,
        missing_thumbnails: bool = true,
        start_time: String = "00:00".into(),
        sync_quota_usage: bool = true,
    }

    Notifications { smtp: Smtp = Smtp::default(), }
    Smtp {
        enabled: bool = false,
        from: String = String::new(),
        reply_to: String = String::new(),
        transport: SmtpTransport = SmtpTransport::default(),
    }
    SmtpTransport {
        host: String = String::new(),
        ignore_cert: bool = false,
        password: String = String::new(),
        port: i64 = 587,
        secure: bool = false,
        username: String = String::new(),
    }

    OAuth {
        allow_insecure_requests: bool = false,
        auto_launch: bool = false,
        auto_register: bool = true,
        button_text: String = "Login with OAuth".into(),
        client_id: String = String::new(),
        client_secret: String = String::new(),
        default_storage_quota: Option<i64> = None,
        enabled: bool = false,
        end_session_endpoint: String = String::new(),
        issuer_url: String = String::new(),
        mobile_override_enabled: bool = false,
        mobile_redirect_uri: String = String::new(),
        profile_signing_algorithm: String = "none".into(),
        prompt: String = String::new(),
        role_claim: String = "immich_role".into(),
        scope: String = "openid email profile".into(),
        signing_algorithm: String = "RS256".into(),
        storage_label_claim: String = "preferred_username".into(),
        storage_quota_claim: String = "immich_quota".into(),
        timeout: i64 = 30_000,
        token_endpoint_auth_method: TokenAuth = TokenAuth::Post,
    }

    PasswordLogin { enabled: bool = true, }
    ReverseGeocoding { enabled: bool = true, }

    Server {
        external_domain: String = String::new(),
        login_page_message: String = String::new(),
        public_users: bool = true,
    }

    /// Originals always lie where a template says; checksums are compared whenever one is copied.
    StorageTemplate {
        enabled: bool = true,
        hash_verification_enabled: bool = true,
        template: String = heirloom_store::blobs::template::DEFAULT.into(),
    }

    Templates { email: EmailTemplates = EmailTemplates::default(), }
    EmailTemplates {
        album_invite_template: String = String::new(),
        album_update_template: String = String::new(),
        welcome_template: String = String::new(),
    }

    Theme { custom_css: String = String::new(), }

    Trash {
        days: i64 = 30,
        enabled: bool = true,
    }

    Accounts {
        /// Days until a closed account could go for good.
        delete_delay: i64 = 7,
    }
}
