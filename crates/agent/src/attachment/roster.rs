//! What is attached to what, as it changes.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::AttachmentConfig;

/// The attachments that there are to be. An interface that leaves is counted no more, and what was counted is published if
/// its windows close while the server still grants it: so whoever takes it off the roster waits until its device has been
/// gone for longer than a window.
#[derive(Clone, Debug)]
pub struct Roster(watch::Receiver<Arc<[AttachmentConfig]>>);

impl Roster {
    /// Creates a roster that never changes.
    pub fn fixed(attachments: &[AttachmentConfig]) -> Self {
        Self(watch::channel(attachments.into()).1)
    }

    /// Creates a roster, and the end at which it is changed.
    pub fn new(attachments: &[AttachmentConfig]) -> (watch::Sender<Arc<[AttachmentConfig]>>, Self) {
        let (sender, receiver) = watch::channel(attachments.into());
        (sender, Self(receiver))
    }

    /// Returns the attachments of now.
    pub fn newest(&mut self) -> Arc<[AttachmentConfig]> {
        Arc::clone(&self.0.borrow_and_update())
    }

    /// Returns the attachments if they have changed since they were last looked at.
    pub fn take_new(&mut self) -> Option<Arc<[AttachmentConfig]>> {
        self.0.has_changed().unwrap_or(false).then(|| self.newest())
    }

    /// Completes when they have changed.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody can change them any more.
            std::future::pending::<()>().await;
        }
    }
}
