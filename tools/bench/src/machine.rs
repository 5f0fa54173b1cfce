//! What Linux tells about processes and the machine, from `/proc`. Elsewhere nothing is told.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Clock ticks a second in `/proc`: fixed on all usual architectures, whatever the kernel's own.
const TICKS: u32 = 100;

/// The resident memory of a process, KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) now: u64,
    /// The most so far.
    pub(crate) peak: u64,
}

/// What one process holds.
pub(crate) fn memory(pid: u32) -> Result<Memory, String> {
    let text = read(&format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().strip_suffix(" kB")?.parse().ok()
    };
    let memory = field("VmRSS").zip(field("VmHWM")).map(|(now, peak)| Memory { now, peak });
    memory.ok_or_else(|| format!("/proc/{pid}/status tells no memory"))
}

/// The CPU time of this process, without its children.
pub(crate) fn own_cpu() -> Result<Duration, String> {
    let text = read("/proc/self/stat")?;
    let process = Process::parse(&text).ok_or("/proc/self/stat tells no times")?;
    Ok(ticks(process.own))
}

/// The CPU time of the children of this process that have ended, and of theirs.
pub(crate) fn ended_children_cpu() -> Result<Duration, String> {
    let text = read("/proc/self/stat")?;
    let process = Process::parse(&text).ok_or("/proc/self/stat tells no times")?;
    Ok(ticks(process.of_ended_children))
}

/// The CPU time of a process and all its descendants, the ended ones included that were waited for.
pub(crate) fn tree_cpu(root: u32) -> Result<Duration, String> {
    let entries = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?;
    let processes: BTreeMap<u32, Process> = entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let text = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, Process::parse(&text)?))
        })
        .collect();
    sum_of_tree(&processes, root).map(ticks).ok_or_else(|| format!("process {root} has gone"))
}

fn sum_of_tree(processes: &BTreeMap<u32, Process>, root: u32) -> Option<u64> {
    processes.get(&root)?;
    let belongs = |pid: u32| {
        let mut pid = pid;
        // A chain of parents is never longer than there are processes.
        for _ in 0..processes.len() {
            match processes.get(&pid) {
                _ if pid == root => return true,
                Some(process) => pid = process.parent,
                None => return false,
            }
        }
        false
    };
    let tree = processes.iter().filter(|(pid, _)| belongs(**pid));
    Some(tree.map(|(_, process)| process.own + process.of_ended_children).sum())
}

/// The CPU time of everything on this machine since it started.
pub(crate) fn whole_cpu() -> Result<Duration, String> {
    let text = read("/proc/stat")?;
    busy_ticks(&text).map(ticks).ok_or_else(|| "/proc/stat tells no times".to_owned())
}

/// The first line: user, nice, system, idle, waiting for disk, interrupts (two), stolen.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Option<Vec<u64>> = line.split_whitespace().map(|it| it.parse().ok()).collect();
    match times?.as_slice() {
        [user, nice, system, _, _, hard, soft, ..] => Some(user + nice + system + hard + soft),
        _ => None,
    }
}

/// Lets this process and those that it starts open as many files as they may: a thousand connections
/// are more than many shells allow.
pub(crate) fn open_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Who needs more than there are is told so when a connection fails.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// The load averages of 1, 5 and 15 minutes.
pub(crate) fn load_average() -> Result<String, String> {
    let text = read("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

/// How many cores we may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count.saturating_mul(1_000)) / TICKS
}

/// One line of `/proc/PID/stat`, times in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    parent: u32,
    own: u64,
    of_ended_children: u64,
}

impl Process {
    /// Source: proc(5). The name in brackets may hold anything, so fields count from behind it.
    fn parse(stat: &str) -> Option<Self> {
        let (_, behind) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = behind.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            of_ended_children: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Process, busy_ticks, sum_of_tree};
    use std::collections::BTreeMap;

    #[test]
    fn a_line_is_read_behind_the_name() {
        let stat = "12 (a (b) c) S 7 12 12 0 -1 0 1 2 3 4 50 6 70 8 20 0 1 0 9";
        let expected = Process { parent: 7, own: 56, of_ended_children: 78 };
        assert_eq!(Process::parse(stat), Some(expected));
        assert_eq!(Process::parse("12 (a) S 7"), None);
    }

    #[test]
    fn a_tree_is_summed_without_its_neighbours() {
        let process = |parent, own| Process { parent, own, of_ended_children: 1 };
        let processes: BTreeMap<u32, Process> = BTreeMap::from([
            (1, process(0, 1_000)),
            (5, process(1, 10)),
            (6, process(5, 20)),
            (4, process(6, 30)),
            (9, process(1, 500)),
        ]);
        assert_eq!(sum_of_tree(&processes, 5), Some(63));
        assert_eq!(sum_of_tree(&processes, 9), Some(501));
        assert_eq!(sum_of_tree(&processes, 2), None);
    }

    #[test]
    fn idle_time_is_no_work() {
        assert_eq!(busy_ticks("cpu  1 2 3 1000 2000 4 5 6 0 0\ncpu0 1\n"), Some(15));
        assert_eq!(busy_ticks("intr 1 2"), None);
    }
}
