//! `flowlogd backup` and `flowlogd restore`: copies of a server's data directory, and back.

use flowlogd_server::backup::{BackedUp, BackupError, back_up, restore};

use crate::cli::{BackupOptions, RestoreOptions};
use crate::exit_status::{Failure, Status};
use crate::fsck;
use crate::lines::{line, number, print};
use crate::messages::readable;
use crate::service::unix_millis;

/// Backs up, and tells how much. The status is 1 where something was damaged.
pub(crate) fn run(options: &BackupOptions) -> Result<Status, Failure> {
    let done = back_up(&options.data_dir, &options.to, unix_millis()).map_err(failure)?;
    print(&told(&done))?;
    Ok(if done.is_sound() { Status::Done } else { Status::Failed })
}

/// Restores, and tells how what was restored is.
pub(crate) fn run_restore(options: &RestoreOptions) -> Result<Status, Failure> {
    let (manifest, condition) = restore(&options.from, &options.data_dir).map_err(failure)?;
    let mut text = String::new();
    line(
        &mut text,
        readable(&format!(
            "The backup of {} by flowlogd {} is restored to {}",
            manifest.time,
            manifest.flowlogd,
            options.data_dir.display()
        )),
    );
    text += &fsck::told(&condition);
    print(&text)?;
    Ok(if condition.is_sound() { Status::Done } else { Status::Failed })
}

fn told(done: &BackedUp) -> String {
    let mut text = String::new();
    for fault in &done.faults {
        line(&mut text, readable(&format!("{fault}; it is backed up as it is")));
    }
    for damage in &done.damage {
        line(&mut text, readable(&format!("{damage}; it is not in the backup")));
    }
    line(
        &mut text,
        format_args!(
            "{} with {} and the newest blocks; {} of {} bytes copied, {} of older backups removed",
            number(done.segments, "segment"),
            number(done.events, "event"),
            number(done.copied, "file"),
            done.copied_bytes,
            number(done.removed, "file"),
        ),
    );
    line(&mut text, format_args!("The backup has {} bytes", done.bytes));
    text
}

fn failure(error: BackupError) -> Failure {
    match error {
        error @ (BackupError::Foreign(_) | BackupError::NotEmpty(_)) => Failure::usage(error),
        error @ (BackupError::Changed { .. } | BackupError::Manifest { .. }) => {
            Failure::broken(error)
        }
        error @ (BackupError::NoData(_) | BackupError::NoManifest(_)) => Failure::unreadable(error),
        BackupError::Check(error) => fsck::failure(error),
        error @ (BackupError::Busy(_)
        | BackupError::Outrun
        | BackupError::File { .. }
        | BackupError::Database { .. }
        | BackupError::Logs(_)) => Failure::failed(error),
    }
}
