//! What the use cases of accounts, sessions and devices answer when they cannot: each reason as an entry of the catalogue. Beside
//! `problem.rs` only because that file is long enough. What a newcomer gets wrong: a disabled account is named as such only after a right
//! password, which the use case sees to.

use super::problem::ApiError;
use crate::auth::passwords::PasswordError;
use crate::usecases::check_password::PasswordWorkError;
use crate::usecases::describe_caller::DescribeError;
use crate::usecases::manage_devices::ManageDevicesError;
use crate::usecases::manage_users::ManageUsersError;
use crate::usecases::refresh_session::RefreshError;
use crate::usecases::sign_in::SignInError;
use crate::usecases::sign_out::SignOutError;
use sync_protocol::problem::Problem;

/// Seconds after which a place for a password check should be free.
const PASSWORD_RETRY_AFTER_S: u64 = 10;

impl From<PasswordWorkError> for ApiError {
    fn from(error: PasswordWorkError) -> Self {
        match error {
            PasswordWorkError::Busy => Self::new(Problem::Unavailable).retry_after(PASSWORD_RETRY_AFTER_S),
            PasswordWorkError::Password(
                error @ (PasswordError::TooShort | PasswordError::TooLong | PasswordError::ControlCharacter),
            ) => Self::new(Problem::BadParameter).detail(error.to_string()),
            PasswordWorkError::Password(error @ (PasswordError::StoredHash | PasswordError::System)) => {
                Self::internal(error)
            }
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::TooManyTries(tries) => {
                let seconds = u64::try_from(tries.retry_after_s).unwrap_or(1);
                Self::new(Problem::TooManyRequests).detail(tries.to_string()).retry_after(seconds)
            }
            SignInError::Wrong => Self::new(Problem::WrongCredentials),
            SignInError::Disabled => Self::new(Problem::WrongCredentials)
                .detail("此账号已停用，没有登录。手机上未上传的内容都还在，请联系系统管理员。"),
            SignInError::MayNotEnrol => Self::new(Problem::Forbidden)
                .detail("此账号还没有可在手机上使用的角色，手机未登记。请联系系统管理员授权后再登录。"),
            SignInError::DeviceRevoked => Self::new(Problem::DeviceRevoked),
            SignInError::Password(error) => error.into(),
            SignInError::Sign(error) => Self::internal(error),
            SignInError::Database(error) => error.into(),
        }
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Token => Self::new(Problem::Unauthenticated),
            RefreshError::Session => Self::new(Problem::SessionRevoked),
            RefreshError::Device => Self::new(Problem::DeviceRevoked),
            RefreshError::Sign(error) => Self::internal(error),
            RefreshError::Database(error) => error.into(),
        }
    }
}

impl From<SignOutError> for ApiError {
    fn from(error: SignOutError) -> Self {
        match error {
            SignOutError::Token => Self::new(Problem::Unauthenticated),
            SignOutError::Database(error) => error.into(),
        }
    }
}

impl From<DescribeError> for ApiError {
    fn from(error: DescribeError) -> Self {
        match error {
            DescribeError::Forbidden => Self::new(Problem::Forbidden),
            DescribeError::Database(error) => error.into(),
        }
    }
}

impl From<ManageDevicesError> for ApiError {
    fn from(error: ManageDevicesError) -> Self {
        match error {
            ManageDevicesError::Forbidden => Self::new(Problem::Forbidden),
            ManageDevicesError::NotFound => Self::new(Problem::NotFound),
            ManageDevicesError::Database(error) => error.into(),
        }
    }
}

impl From<ManageUsersError> for ApiError {
    fn from(error: ManageUsersError) -> Self {
        match error {
            ManageUsersError::Forbidden => Self::new(Problem::Forbidden),
            ManageUsersError::NotFound => Self::new(Problem::NotFound),
            ManageUsersError::LoginTaken => Self::new(Problem::AlreadyExists).detail("登录名已被使用，请换一个。"),
            ManageUsersError::Field(sentence) => Self::new(Problem::BadParameter).detail(sentence),
            ManageUsersError::UnknownVillage => {
                Self::new(Problem::BadParameter).detail("没有这个村（社区）或街道的代码，没有授权。")
            }
            ManageUsersError::UnknownPlace => Self::new(Problem::BadParameter)
                .detail("场所应是授权范围内已登记的，且只有企业（R7）和专家（R8）按场所授权，没有授权。"),
            ManageUsersError::OwnAccount => Self::new(Problem::BadParameter)
                .detail("不能停用自己的账号或撤销自己的系统管理员角色，没有改动。请由另一位系统管理员操作。"),
            ManageUsersError::Password(error) => error.into(),
            ManageUsersError::Database(error) => error.into(),
        }
    }
}
