//! The closed catalogue of problems (RFC 9457): every way a request can fail has one code that is never reused, a status, and a sentence
//! for people that says what happened, what was kept and what to do. Outcomes of operations are not problems; they are results.

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $zh:literal, $en:literal;)+) => {
        /// One entry of the catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Problem { $($(#[$doc])* $name,)+ }

        impl Problem {
            /// Every entry, in order of appearance.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code: last part of the `type` member.
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)+ } }
            /// The HTTP status.
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)+ } }
            /// For people.
            pub fn title_zh(self) -> &'static str { match self { $(Self::$name => $zh,)+ } }
            /// For developers.
            pub fn title_en(self) -> &'static str { match self { $(Self::$name => $en,)+ } }
        }
    };
}

catalogue! {
    /// The body is not what the endpoint takes.
    MalformedRequest = "malformed-request", 400, "请求格式不对，没有保存任何内容。请更新程序后重试。", "The request cannot be read; nothing was stored.";
    /// A query parameter is out of range.
    BadParameter = "bad-parameter", 400, "查询条件不对，请检查后重试。", "A parameter is missing or out of range.";
    /// The cursor is not one of ours.
    BadCursor = "bad-cursor", 400, "同步位置无效，请从头同步；手机上未上传的内容不受影响。", "The cursor cannot be read; start from none.";
    /// No token, or one that no longer holds.
    Unauthenticated = "unauthenticated", 401, "登录已过期，请重新登录。手机上未上传的内容都还在。", "No valid access token.";
    /// Wrong name or password.
    WrongCredentials = "wrong-credentials", 401, "用户名或密码不对。", "Wrong login or password.";
    /// The refresh token was used again after its successor: the session is closed.
    SessionRevoked = "session-revoked", 401, "为安全起见此登录已失效，请重新登录。手机上未上传的内容都还在。", "The session is revoked; sign in again.";
    /// The device was revoked.
    DeviceRevoked = "device-revoked", 403, "此手机已被停用。未上传的内容都还在手机里，请勿删除：在“上传”页存成救援文件，发给街道专班导入。", "The device is revoked.";
    /// The role does not allow it.
    Forbidden = "forbidden", 403, "您的角色不能查看或办理这一项，没有改动任何内容。", "The role does not allow this.";
    /// Not there, or not for the asker to know.
    NotFound = "not-found", 404, "没有找到，或不在您的管辖范围内。", "Not found, or outside the caller's scope.";
    /// The method is not offered here.
    MethodNotAllowed = "method-not-allowed", 405, "此地址不支持这种操作。", "Method not allowed.";
    /// The phone's database went back in time.
    IncarnationRollback = "incarnation-rollback", 409, "手机数据库被恢复过，将自动重新编号后继续上传，不会丢失或重复。", "The phone's database was rolled back; start a new incarnation.";
    /// The upload is not at that offset.
    UploadOffset = "upload-offset", 409, "上传位置不一致，请先查询已收到多少再续传。", "Wrong upload offset; ask by HEAD.";
    /// Something with that name exists.
    AlreadyExists = "already-exists", 409, "已存在同名内容，没有重复建立。", "Already exists.";
    /// A form does not stand where that can happen, or somebody else was first.
    FormState = "form-state", 409, "表格当前的状态不能这样办理，没有改动。", "The form is not in a state for this; nothing was changed.";
    /// A newer request took over the upload.
    UploadSuperseded = "upload-superseded", 409, "另一次上传已接着传这张照片，此次停止。", "A newer request took over this upload.";
    /// The upload is gone.
    UploadGone = "upload-gone", 410, "此次上传已过期，请重新开始；照片仍在手机上。", "The upload expired; create it again.";
    /// Wrong tus version.
    TusVersion = "tus-version", 412, "上传协议版本不支持。", "Unsupported tus version.";
    /// Too many bytes.
    TooLarge = "too-large", 413, "内容太大，没有保存。请分小批重试。", "The request is too large; nothing was stored.";
    /// Wrong media type.
    UnsupportedMediaType = "unsupported-media-type", 415, "内容类型或压缩方式不支持。", "Unsupported content type or encoding.";
    /// The app is too old to read.
    UpgradeRequired = "upgrade-required", 426, "程序版本太旧，不能再下载新数据，请更新；上传仍然可以。", "The app is too old to pull; push still works.";
    /// An act at the console that cannot be meant so.
    ActUnsound = "act-unsound", 422, "填写的内容有误，什么也没有改动。请按提示改正后重试。", "The act makes no sense as asked; nothing was changed.";
    /// Checks stand against handing in or locking a form.
    FormBlocked = "form-blocked", 422, "还有问题没有解决或说明，没有提交。请按提示处理后重试。", "Checks stand against the form; nothing was changed.";
    /// An import file has errors; nothing was imported.
    ImportRejected = "import-rejected", 422, "导入文件有错误，一行也没有导入。请按提示改正后重新导入。", "The file has errors; nothing was imported.";
    /// Too many requests.
    TooManyRequests = "too-many-requests", 429, "操作太频繁，请稍后再试。", "Too many requests; wait.";
    /// Checksum does not fit (tus).
    ChecksumMismatch = "checksum-mismatch", 460, "这一段照片在路上损坏了，没有保存，请重传这一段。", "The checksum does not match; the chunk was not stored.";
    /// A fault of ours.
    Internal = "internal", 500, "服务器出错，已记录。您的内容仍在手机上，请稍后重试。", "Internal error; see the request id.";
    /// Busy or starting.
    Unavailable = "unavailable", 503, "服务器忙，请稍后自动重试。", "Busy; try again later.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let codes: BTreeSet<_> = Problem::ALL.iter().map(|problem| problem.code()).collect();
        assert_eq!(codes.len(), Problem::ALL.len());
        assert!(Problem::ALL.iter().all(|problem| (400..=599).contains(&problem.status())));
    }
}
