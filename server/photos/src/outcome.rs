//! How a derivation ended. Every input gives one of these states, so a photo row never waits for an answer that cannot come.
//! They are not errors of the request: the original bytes stay evidence in every state. A newcomer's mistake: treating
//! `unsupported` as "lost"; the photo is kept, only its preview is missing.

use serde::{Deserialize, Serialize};

/// The end of a derivation, as stored on the photo's row: a tag in `state` and, where it applies, a `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeriveState {
    /// Preview, thumbnail and hashes were made from the whole photo.
    Derived,
    /// The file ends early: everything was made from the part that is there.
    DerivedTruncated,
    /// A picture that this version cannot decode. Facts may be present.
    Unsupported {
        /// Why.
        reason: UnsupportedReason,
    },
    /// A picture that would cost more memory or time than allowed.
    Refused {
        /// Which limit.
        reason: RefusedReason,
    },
    /// The bytes are not a picture.
    NotAnImage,
}

impl DeriveState {
    /// The tag as it is stored and sent: `derived`, `derived_truncated`, `unsupported`, `refused` or `not_an_image`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Derived => "derived",
            Self::DerivedTruncated => "derived_truncated",
            Self::Unsupported { .. } => "unsupported",
            Self::Refused { .. } => "refused",
            Self::NotAnImage => "not_an_image",
        }
    }

    /// The reason's tag, for the two states that have one.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Derived | Self::DerivedTruncated | Self::NotAnImage => None,
            Self::Unsupported { reason } => Some(reason.tag()),
            Self::Refused { reason } => Some(reason.tag()),
        }
    }
}

/// Why a picture could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsupportedReason {
    /// HEIC: kept with its facts, no preview in this build.
    HeicNoPreview,
    /// A picture format we do not read (GIF, TIFF, BMP, AVIF).
    ImageType,
    /// JPEG with arithmetic coding.
    JpegArithmetic,
    /// JPEG with 12 bits per sample.
    JpegTwelveBit,
    /// Lossless or hierarchical JPEG.
    JpegProcess,
    /// JPEG with a number of components other than 1, 3 or 4.
    JpegComponents,
    /// Baseline JPEG whose colour is sampled at a ratio other than 1 or 2: our decoder would show wrong colours.
    JpegSampling,
    /// The file ends before the first pixel.
    NoPixels,
    /// The decoder gave up: the file is damaged.
    DecodeFailed,
}

impl UnsupportedReason {
    /// The tag as it is stored and sent, equal to the serialised form.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::HeicNoPreview => "heic_no_preview",
            Self::ImageType => "image_type",
            Self::JpegArithmetic => "jpeg_arithmetic",
            Self::JpegTwelveBit => "jpeg_twelve_bit",
            Self::JpegProcess => "jpeg_process",
            Self::JpegComponents => "jpeg_components",
            Self::JpegSampling => "jpeg_sampling",
            Self::NoPixels => "no_pixels",
            Self::DecodeFailed => "decode_failed",
        }
    }

    /// What to tell a person: what happened, what was kept, what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::HeicNoPreview => "这是 HEIC 照片，暂不能生成预览；原图和拍摄信息已完整保存，可下载原图查看。",
            Self::ImageType => "不支持这种图片格式，没有预览；原文件已完整保存，可下载查看。",
            Self::JpegArithmetic
            | Self::JpegTwelveBit
            | Self::JpegProcess
            | Self::JpegComponents
            | Self::JpegSampling => "这张 JPEG 使用了少见的编码方式，没有预览；原图已完整保存，可下载查看。",
            Self::NoPixels => "文件在图像内容之前就中断了，没有预览；收到的部分已保存，请重新拍摄或重新上传。",
            Self::DecodeFailed => "图片已损坏，无法生成预览；收到的文件已原样保存，请重新拍摄或重新上传。",
        }
    }
}

/// Which limit a picture exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedReason {
    /// More pixels than [`crate::limits::PIXELS_MAX`].
    TooManyPixels,
    /// Decoding would need more memory than the job has.
    TooMuchMemory,
    /// More scans than [`crate::limits::SCANS_MAX`], or scans x pixels too high.
    TooManyScans,
    /// The header is longer than [`crate::limits::JPEG_HEADER_BYTES_MAX`].
    HeaderTooLong,
}

impl RefusedReason {
    /// The tag as it is stored and sent, equal to the serialised form.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::TooManyPixels => "too_many_pixels",
            Self::TooMuchMemory => "too_much_memory",
            Self::TooManyScans => "too_many_scans",
            Self::HeaderTooLong => "header_too_long",
        }
    }

    /// What to tell a person: what happened, what was kept, what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooManyPixels => "图片像素超过 1.2 亿，没有生成预览；原图已完整保存，可下载查看。",
            Self::TooMuchMemory => "图片太大，超出本次处理的内存限额，没有生成预览；原图已完整保存，可下载查看。",
            Self::TooManyScans | Self::HeaderTooLong => {
                "图片结构异常，处理会过于耗时，没有生成预览；原文件已完整保存，请核对来源。"
            }
        }
    }
}

/// Why nothing will be decoded, known from the header alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// The bytes are not a picture.
    #[error("这个文件不是图片；文件已原样保存，请核对是否选错文件。")]
    NotAnImage,
    /// A picture that this version cannot decode.
    #[error("{}", .0.message())]
    Unsupported(UnsupportedReason),
    /// A picture over a limit.
    #[error("{}", .0.message())]
    Refused(RefusedReason),
}

impl From<DeriveError> for DeriveState {
    fn from(error: DeriveError) -> Self {
        match error {
            DeriveError::NotAnImage => Self::NotAnImage,
            DeriveError::Unsupported(reason) => Self::Unsupported { reason },
            DeriveError::Refused(reason) => Self::Refused { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_serialised_as_a_snake_case_tag_with_its_reason() {
        let state = DeriveState::Unsupported { reason: UnsupportedReason::HeicNoPreview };
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(json, r#"{"state":"unsupported","reason":"heic_no_preview"}"#);
        assert_eq!(serde_json::from_str::<DeriveState>(&json).unwrap(), state);
        assert_eq!((state.tag(), state.reason()), ("unsupported", Some("heic_no_preview")));
    }

    #[test]
    fn every_reason_tag_equals_its_serialised_form() {
        use RefusedReason as R;
        use UnsupportedReason as U;
        let unsupported = [
            U::HeicNoPreview,
            U::ImageType,
            U::JpegArithmetic,
            U::JpegTwelveBit,
            U::JpegProcess,
            U::JpegComponents,
            U::JpegSampling,
            U::NoPixels,
            U::DecodeFailed,
        ];
        for reason in unsupported {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.tag()));
        }
        for reason in [R::TooManyPixels, R::TooMuchMemory, R::TooManyScans, R::HeaderTooLong] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.tag()));
        }
    }
}
