//! The only crate that knows HTTP: the API, uploads and downloads, the web page.
