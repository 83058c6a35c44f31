//! Partners.

use heirloom_types::ids::UserId;
use serde::{Deserialize, Serialize};

use crate::users::UserResponse;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerCreate {
    pub shared_with_id: UserId,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerUpdate {
    pub in_timeline: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerResponse {
    #[serde(flatten)]
    pub user: UserResponse,
    pub in_timeline: bool,
}
