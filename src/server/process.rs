//! The process, as the operating system tells of it.

use burner_engine::process::Process;

/// What the operating system tells of this process; on others than Linux nothing.
#[cfg(target_os = "linux")]
pub fn inspect_process() -> Option<Process> {
    use rustix::time::ClockId;

    let (own, thread) = (Times::read("/proc/self/stat")?, Times::read("/proc/thread-self/stat")?);
    let name = rustix::system::uname();
    let told = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let machine = rustix::system::sysinfo();
    let executable = std::env::current_exe().unwrap_or_default();
    Some(Process {
        system: [name.sysname(), name.release(), name.machine()].map(told).join(" "),
        executable: executable.to_string_lossy().into_owned(),
        resident: own.pages as usize * rustix::param::page_size(),
        machine: machine.totalram as usize * machine.mem_unit as usize,
        total: own.exactly(ClockId::ProcessCPUTime),
        children: own.children,
        thread: thread.exactly(ClockId::ThreadCPUTime),
    })
}

/// What the operating system tells of this process; on others than Linux nothing.
#[cfg(not(target_os = "linux"))]
pub fn inspect_process() -> Option<Process> {
    None
}

#[cfg(target_os = "linux")]
use linux::Times;

#[cfg(target_os = "linux")]
mod linux {
    use burner_engine::process::ProcessorTime;
    use rustix::time::{ClockId, clock_gettime};

    /// What a file `stat` below `/proc` tells.
    pub(super) struct Times {
        own: ProcessorTime,
        pub(super) children: ProcessorTime,
        /// Pages in memory.
        pub(super) pages: u64,
    }

    impl Times {
        pub(super) fn read(path: &str) -> Option<Self> {
            Self::parse(&std::fs::read_to_string(path).ok()?)
        }

        fn parse(text: &str) -> Option<Self> {
            // A name may hold anything; what follows its last bracket is the third field.
            let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
            let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
            let us = |number| Some(field(number)? * 1_000_000 / rustix::param::clock_ticks_per_second());
            let time = |user, system| Some(ProcessorTime { user_us: us(user)?, system_us: us(system)? });
            Some(Self { own: time(14, 15)?, children: time(16, 17)?, pages: field(24)? })
        }

        /// Its own time, of which these files tell hundredths of a second, and a clock all.
        pub(super) fn exactly(&self, clock: ClockId) -> ProcessorTime {
            let time = clock_gettime(clock);
            let us = time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1000;
            let system_us = self.own.system_us.min(us);
            ProcessorTime { system_us, user_us: us - system_us }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_name_may_hold_anything() {
            let numbers: Vec<String> = (4..=52).map(|number| (number * 100).to_string()).collect();
            let times = Times::parse(&format!("7 (a) b) S {}", numbers.join(" "))).unwrap();
            let tick_us = 1_000_000 / rustix::param::clock_ticks_per_second();
            assert_eq!((times.own.user_us, times.own.system_us), (1400 * tick_us, 1500 * tick_us));
            assert_eq!((times.children.user_us, times.pages), (1600 * tick_us, 2400));
            assert!(Times::parse("7 (a) S 1 2").is_none());
            assert!(Times::parse("").is_none());
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::inspect_process;

    #[test]
    fn a_process_has_memory_and_takes_time() {
        let process = inspect_process().unwrap();
        assert!(process.system.starts_with("Linux "), "{}", process.system);
        assert!(process.resident > 0 && process.resident < process.machine);
        assert!(process.total.user_us > 0 && process.thread.user_us <= process.total.user_us);
        assert!(!process.executable.is_empty());
    }
}
