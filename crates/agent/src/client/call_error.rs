//! Why a call has no answer.

use flowlogd_aws::codec::{Node, xml};

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The service was not reached, or did not answer in time.
    #[error("{0}")]
    Transport(String),
    /// The service says no.
    #[error("{0}")]
    Service(ServiceError),
    /// There is an answer that cannot be read.
    #[error("{0}")]
    Malformed(String),
}

/// What a service answered instead of a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// HTTP status.
    pub status: u16,
    /// `AccessDeniedException`, …, without namespace.
    pub code: String,
    /// For people.
    pub message: String,
    /// For whoever asks the service's operator.
    pub request_id: Option<String>,
}

impl CallError {
    /// Returns the code that the service answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service(error) => Some(&error.code),
            Self::Transport(_) | Self::Malformed(_) => None,
        }
    }

    /// Returns whether the caller may not do this, or is not who it says (`iam-sts-…` §7.2).
    pub fn is_access_denied(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "AccessDenied"
                    | "AccessDeniedException"
                    | "AuthFailure"
                    | "UnauthorizedOperation"
                    | "MissingAuthenticationToken"
                    | "MissingAuthenticationTokenException"
                    | "IncompleteSignature"
                    | "IncompleteSignatureException"
                    | "InvalidSignatureException"
                    | "SignatureDoesNotMatch"
                    | "RequestExpired"
            )
        ) || self.is_session_rejected()
    }

    /// Returns whether temporary credentials are past their end.
    pub fn is_expired_token(&self) -> bool {
        matches!(self.code(), Some("ExpiredToken" | "ExpiredTokenException"))
    }

    /// Returns whether other credentials may help: these are at their end, or unknown.
    pub fn is_session_rejected(&self) -> bool {
        self.is_expired_token()
            || matches!(
                self.code(),
                Some("UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidToken")
            )
    }

    /// Returns whether the service asks for patience, or a quota is reached.
    pub fn is_throttled(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "Throttling"
                    | "ThrottlingException"
                    | "RequestLimitExceeded"
                    | "TooManyRequestsException"
                    | "LimitExceededException"
                    | "SlowDown"
            )
        ) || matches!(self, Self::Service(error) if error.status == 429)
    }

    /// Returns whether what it was about is not there: a log group, a stream, a role.
    pub fn is_missing_resource(&self) -> bool {
        matches!(self.code(), Some("ResourceNotFoundException" | "NoSuchEntity"))
    }

    /// Returns whether what should be made is there.
    pub fn is_already_there(&self) -> bool {
        matches!(self.code(), Some("ResourceAlreadyExistsException" | "EntityAlreadyExists"))
    }

    /// Returns whether the request as it is will never be accepted.
    pub fn is_invalid_request(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "InvalidParameterException"
                    | "InvalidParameterValue"
                    | "SerializationException"
                    | "ValidationError"
                    | "ValidationException"
                    | "RequestEntityTooLarge"
            )
        ) || matches!(self, Self::Service(error) if error.status == 413)
    }

    /// Returns whether the service found the time of the signature wrong.
    pub(super) fn is_about_time(&self) -> bool {
        match self {
            Self::Service(error) => match error.code.as_str() {
                "RequestExpired" | "RequestTimeTooSkewed" => true,
                "InvalidSignatureException" | "SignatureDoesNotMatch" => {
                    error.message.starts_with("Signature expired")
                        || error.message.starts_with("Signature not yet current")
                }
                _ => false,
            },
            Self::Transport(_) | Self::Malformed(_) => false,
        }
    }

    /// Reads an answer that is not a success, in whichever of the protocols it is.
    pub(super) fn of_answer(status: u16, request_id: Option<String>, body: &[u8]) -> Self {
        let (code, message) = read_json(body).or_else(|| read_xml(body)).unwrap_or_else(|| {
            let body = String::from_utf8_lossy(body);
            let start: String = body.chars().take(200).collect();
            (format!("HTTP{status}"), start)
        });
        // `com.amazonaws.logs#ResourceNotFoundException:http://…` is the same as the middle of it.
        let code = code.rsplit('#').next().unwrap_or(&code);
        let code = code.split(':').next().unwrap_or(code).to_owned();
        Self::Service(ServiceError { status, code, message, request_id })
    }
}

fn read_json(body: &[u8]) -> Option<(String, String)> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| answer.get(name)?.as_str().map(str::to_owned);
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    Some((text("__type").or_else(|| text("code"))?, message))
}

fn read_xml(body: &[u8]) -> Option<(String, String)> {
    let answer = xml::parse(std::str::from_utf8(body).ok()?).ok()?;
    // EC2 puts the error into a list of errors, Query does not.
    let error = match answer.get("Errors") {
        Some(errors) => errors.get("Error")?,
        None => answer.get("Error")?,
    };
    let text = |name: &str| error.get(name).and_then(Node::text).map(str::to_owned);
    Some((text("Code")?, text("Message").unwrap_or_default()))
}
