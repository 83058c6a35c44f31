//! Letters to people, as administrators try them.

use axum::{Json, extract::Path};
use heirloom_api::mail::{TemplateRequest, TemplateResponse, TestEmailResponse};
use heirloom_library::system_config::Smtp;

use super::operations;
use crate::{cx::Cx, error::ApiResult, input::Body};

operations! {
    POST "/admin/notifications/test-email" => test,
    POST "/admin/notifications/templates/{name}" => template,
}

async fn test(cx: Cx, Body(smtp): Body<Smtp>) -> ApiResult<Json<TestEmailResponse>> {
    let message_id = cx.app.library.send_test_mail(&cx.caller, &smtp).await?;
    Ok(Json(TestEmailResponse { message_id }))
}

async fn template(
    cx: Cx,
    Path(name): Path<String>,
    Body(wanted): Body<TemplateRequest>,
) -> ApiResult<Json<TemplateResponse>> {
    let library = &cx.app.library;
    let html = library
        .mail_template(&cx.caller, &name, &wanted.template)
        .await?;
    Ok(Json(TemplateResponse { html, name }))
}
