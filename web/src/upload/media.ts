/** Which files are photos and videos. */

/** Also what the server's own client takes; it says so itself, if it thinks otherwise. */
const MEDIA = /\.(jpe?g|jpe|jfif|png|gif|webp|avif|hei[cf]|hif|tiff?|bmp|jxl|jp2|svg|psd|dng|arw|cr2|cr3|crw|nef|nrw|orf|raf|rw2|rwl|pef|srw|srf|sr2|raw|3fr|erf|kdc|mrw|x3f|iiq|fff|mp4|mov|m4v|avi|mkv|webm|mpe?g|mts|m2ts|m2t|3gp|3gpp|wmv|flv|insv|insp|vob|mxf)$/i;

export const isMedia = (file: File) => file.size > 0 && (/^(image|video)\//.test(file.type) || MEDIA.test(file.name));

/** What a chooser offers: browsers do not know all of these to be pictures. */
export const ACCEPT = 'image/*,video/*,.heic,.heif,.dng,.arw,.cr2,.cr3,.nef,.orf,.raf,.rw2,.mts,.insv';
