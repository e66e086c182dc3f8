//! Options of the commands around a server's data directory: `fsck`, `backup`, `restore`.

use std::path::PathBuf;

use clap::Args;

const FSCK_HELP: &str = "\
Example: look a stopped server's data over, and change nothing
  flowlogd fsck --data-dir ./data --dry-run

What is damaged is named, one line each, with the events that are lost and their times. Without --dry-run it
is set aside in DATA_DIR/logs/damaged, and everything else stays readable. docs/operations-guide.md says more.

Exit status:
  0  everything is sound
  1  damage was found, or the machine failed
  2  an option is wrong
  4  there is no data directory, or a server has it open";

const BACKUP_HELP: &str = "\
Example: a backup every hour, also while the server runs; what is there already is not copied again
  flowlogd backup --data-dir ./data --to /backup/flowlogd

Everything is in it that was acknowledged before it began. The directory of the agent that runs in the server
(DATA_DIR/agent) is not. The backup holds access keys: it is readable by its owner alone.

Exit status:
  0  everything is backed up
  1  damage was found, and everything else is backed up; or the machine failed, and the last backup stands
  2  an option is wrong, or the directory is no place for backups
  4  there is no data directory";

const RESTORE_HELP: &str = "\
Example: a data directory of a backup, and a server on it
  flowlogd restore --from /backup/flowlogd --data-dir ./data
  flowlogd serve --data-dir ./data

Every file is held to the backup's manifest, and what was restored is looked over as by flowlogd fsck.

Exit status:
  0  everything is restored, and sound
  1  something that the backup tells of was damaged already, and all else is restored; or the machine failed
  2  an option is wrong, or the data directory is not empty
  3  the backup is damaged: nothing is restored
  4  there is no backup, or one that was broken off";

#[derive(Debug, Args)]
#[command(after_help = FSCK_HELP)]
pub(crate) struct FsckOptions {
    /// The server's data directory
    #[arg(long, default_value = "flowlogd-data", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,

    /// Name what is damaged, and leave it where it is
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
#[command(after_help = BACKUP_HELP)]
pub(crate) struct BackupOptions {
    /// The server's data directory
    #[arg(long, default_value = "flowlogd-data", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,

    /// The directory of the backup; made where it is missing
    #[arg(long, value_name = "BACKUP_DIR")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = RESTORE_HELP)]
pub(crate) struct RestoreOptions {
    /// The directory of the backup
    #[arg(long, value_name = "BACKUP_DIR")]
    pub(crate) from: PathBuf,

    /// The data directory to be made; empty, or not there
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
}
