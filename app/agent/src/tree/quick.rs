//! Starting a process without copying this one.
//!
//! After `fork` the kernel has copied the tables of this whole program's memory, and then copies every page that either side writes: for a
//! small step that is more work than the step. Here the child borrows the memory until it executes its program, as after `vfork`, on a stack
//! of its own, and is born in its cgroup: to write oneself into one waits until all processors have taken note. The thread that starts it
//! stands still meanwhile.

use super::enter::{self, Entry};
use super::start::Start;
use rustix::process::{WaitId, WaitIdOptions, waitid};
use std::ffi::{CString, OsStr, c_char, c_int};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// What the child needs until it executes: a few functions deep, and none of them holds much.
const STACK_WORDS: usize = 4096;

/// The kernel's `CLONE_INTO_CGROUP`.
const INTO_CGROUP: u64 = 0x2_0000_0000;

/// Whether the kernel, or a filter before it, has refused: it would again.
static IS_REFUSED: AtomicBool = AtomicBool::new(false);

/// A process that was started, by the descriptor that stands for it.
pub struct Child {
    pid: u32,
    handle: Option<AsyncFd<OwnedFd>>,
}

impl Child {
    pub fn id(&self) -> Option<u32> {
        self.handle.as_ref().map(|_| self.pid)
    }

    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let handle = self.handle.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        let status = ended(handle).await?;
        self.handle = None;
        Ok(status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { ended(&handle).await });
        }
    }
}

/// Waits for the end of a process and takes it off the table.
async fn ended(handle: &AsyncFd<OwnedFd>) -> io::Result<ExitStatus> {
    loop {
        let mut ready = handle.ready(Interest::READABLE).await?;
        if let Some(status) = reap(handle.get_ref(), WaitIdOptions::EXITED | WaitIdOptions::NOHANG)? {
            return Ok(status);
        }
        ready.clear_ready();
    }
}

fn reap(handle: &OwnedFd, options: WaitIdOptions) -> io::Result<Option<ExitStatus>> {
    let status = loop {
        match waitid(WaitId::PidFd(handle.as_fd()), options) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other?,
        }
    };
    let Some(status) = status else { return Ok(None) };
    let raw = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, signal) => signal.unwrap_or(libc::SIGKILL),
    };
    Ok(Some(ExitStatus::from_raw(raw)))
}

/// Everything that the child needs, made before it is there: it must not allocate.
struct Birth<'a> {
    program: *const c_char,
    words: *const *const c_char,
    env: *const *const c_char,
    folder: *const c_char,
    input: c_int,
    output: c_int,
    entry: &'a Entry,
    /// Why it did not get to its program.
    failure: AtomicI32,
}

/// Starts a process; an error means that none runs.
pub fn start(start: &Start, entry: &Entry) -> io::Result<Child> {
    if IS_REFUSED.load(Ordering::Relaxed) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let first = start.words.first().ok_or(io::ErrorKind::InvalidInput)?;
    let path = start.env.get("PATH").map_or("/bin:/usr/bin", String::as_str);
    let program = find(first, path, &start.folder).ok_or(io::ErrorKind::NotFound)?;
    let program = text(program.as_os_str())?;
    let folder = text(start.folder.as_os_str())?;
    let words = start.words.iter().map(|word| text(word)).collect::<io::Result<Vec<_>>>()?;
    let env = start.env.iter().map(|(name, value)| Ok(CString::new(format!("{name}={value}"))?));
    let env = env.collect::<io::Result<Vec<_>>>()?;
    let null = rustix::fs::open("/dev/null", rustix::fs::OFlags::CLOEXEC, rustix::fs::Mode::empty())?;
    let (words, env) = (pointers(&words), pointers(&env));
    let birth = Birth {
        program: program.as_ptr(),
        words: words.as_ptr(),
        env: env.as_ptr(),
        folder: folder.as_ptr(),
        input: null.as_raw_fd(),
        output: start.output.as_raw_fd(),
        entry,
        failure: AtomicI32::new(0),
    };
    let (pid, handle) = bear(&birth).inspect_err(|error| {
        let is_lasting =
            matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM | libc::EINVAL | libc::E2BIG));
        IS_REFUSED.fetch_or(is_lasting, Ordering::Relaxed);
    })?;
    match birth.failure.load(Ordering::Acquire) {
        0 => Ok(Child { pid, handle: Some(watched(handle)?) }),
        failure => {
            reap(&handle, WaitIdOptions::EXITED)?;
            Err(io::Error::from_raw_os_error(failure))
        }
    }
}

#[expect(unsafe_code, reason = "whatever descriptors belong to is promised by hand")]
fn watched(handle: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an owned descriptor stays the same one until it is dropped.
    Ok(unsafe { AsyncFd::register_with_interest(handle, Interest::READABLE) }?)
}

fn text(word: &OsStr) -> io::Result<CString> {
    Ok(CString::new(word.as_bytes())?)
}

/// A list as C has them. It points into `all`.
fn pointers(all: &[CString]) -> Vec<*const c_char> {
    all.iter().map(|one| one.as_ptr()).chain([std::ptr::null()]).collect()
}

/// The program that a word means, as `execvp` looks for it.
fn find(word: &OsStr, path: &str, folder: &Path) -> Option<PathBuf> {
    let is_program =
        |file: &PathBuf| rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok() && file.is_file();
    if word.as_bytes().contains(&b'/') {
        return Some(folder.join(word)).filter(is_program);
    }
    path.split(':').map(|place| folder.join(place).join(word)).find(is_program)
}

#[expect(unsafe_code, reason = "there is no safe way to start a process that borrows this one's memory")]
fn bear(birth: &Birth<'_>) -> io::Result<(u32, OwnedFd)> {
    let mut stack = vec![0_u128; STACK_WORDS];
    let mut handle: c_int = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD;
    // SAFETY: the structure is plain numbers, of which zero is valid for each.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = flags as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    args.pidfd = (&raw mut handle).addr() as u64;
    args.stack = stack.as_mut_ptr().expose_provenance() as u64;
    args.stack_size = size_of_val(stack.as_slice()) as u64;
    if let Some(cgroup) = &birth.entry.born_in {
        args.flags |= INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: the sets are plain memory that lives until the calls return. A handler that ran in the child would do so in this program's memory.
    let (mut all, mut before) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    unsafe {
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
    }
    // SAFETY: the stack is the child's alone and aligned, and everything that `birth` points to lives until the child has executed or ended,
    // before which this call does not return.
    let result = unsafe { clone3(&raw mut args, live, std::ptr::from_ref(birth).cast()) };
    // SAFETY: as above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
    drop(stack);
    match u32::try_from(result) {
        // SAFETY: the kernel has just made this descriptor for us.
        Ok(pid) => Ok((pid, unsafe { OwnedFd::from_raw_fd(handle) })),
        Err(_) => Err(io::Error::from_raw_os_error(i32::try_from(-result).unwrap_or(libc::EIO))),
    }
}

/// The system call. In the child it goes on in `child`, on the new stack, and never comes back.
#[expect(unsafe_code, reason = "the C library has no function for it")]
unsafe fn clone3(args: *mut libc::clone_args, child: extern "C" fn(*const ()) -> !, with: *const ()) -> i64 {
    let result: i64;
    // SAFETY: the kernel changes the registers that are named; the child has a stack of its own and leaves ours alone.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r9",
            "call r8",
            "ud2",
            "2:",
            inlateout("rax") libc::SYS_clone3 => result,
            in("rdi") args,
            in("rsi") size_of::<libc::clone_args>(),
            in("r8") child,
            in("r9") with,
            out("rcx") _,
            out("r11") _,
        );
    }
    result
}

/// The child, until it executes its program.
#[expect(unsafe_code, reason = "what happens between birth and execution are plain system calls")]
extern "C" fn live(with: *const ()) -> ! {
    // SAFETY: `bear` passes its own argument, which lives until we execute or end. All functions called here are async-signal-safe, and
    // nothing allocates, takes a lock or unwinds.
    unsafe {
        let birth = &*with.cast::<Birth<'_>>();
        let errno = match prepare(birth) {
            Ok(()) => {
                libc::execve(birth.program, birth.words, birth.env);
                *libc::__errno_location()
            }
            Err(error) => error.raw_os_error().unwrap_or(libc::EIO),
        };
        birth.failure.store(errno.max(1), Ordering::Release);
        libc::_exit(127)
    }
}

#[expect(unsafe_code, reason = "see `live`")]
unsafe fn prepare(birth: &Birth<'_>) -> io::Result<()> {
    let checked = |result: c_int| if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) };
    // SAFETY: plain system calls with plain numbers, and with pointers to values that live until they return.
    unsafe {
        checked(libc::dup2(birth.input, 0))?;
        checked(libc::dup2(birth.output, 1))?;
        checked(libc::dup2(birth.output, 2))?;
        checked(libc::chdir(birth.folder))?;
        enter::enter(birth.entry, birth.entry.born_in.is_none())?;
        // What this program handles itself has no handler any more where another program is executed; a broken pipe ends programs.
        let mut action: libc::sigaction = std::mem::zeroed();
        for signal in 1..32 {
            if libc::sigaction(signal, std::ptr::null(), &raw mut action) == 0
                && action.sa_sigaction != libc::SIG_DFL
                && (action.sa_sigaction != libc::SIG_IGN || signal == libc::SIGPIPE)
            {
                action = std::mem::zeroed();
                action.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &raw const action, std::ptr::null_mut());
            }
        }
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::io::Read;

    fn start_of(words: &[&str], env: &[(&str, &str)]) -> (Start, std::io::PipeReader) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let env: BTreeMap<_, _> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let words = words.iter().map(Into::into).collect();
        (Start { words, env, folder: "/".into(), output: writer.into() }, reader)
    }

    fn nobody() -> Entry {
        Entry { born_in: None, cgroup: Vec::new(), data_bytes: None }
    }

    #[tokio::test]
    async fn a_child_has_its_words_variables_folder_and_three_descriptors_and_hears_signals() {
        // Opened without the mark, as a library might.
        let _left_open =
            rustix::fs::open("/dev/null", rustix::fs::OFlags::empty(), rustix::fs::Mode::empty());
        let script =
            "echo \"$A $1\"; pwd; ls /proc/$$/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status; exit 7";
        let (order, mut said) = start_of(
            &["sh", "-c", script, "x", "one two"],
            &[("A", "a = b"), ("PATH", "/nowhere:/usr/bin:/bin")],
        );
        let mut child = start(&order, &nobody()).expect("started");
        drop(order);
        let status = child.wait().await.expect("ended");
        let mut text = String::new();
        said.read_to_string(&mut text).expect("text");
        let (said, ignored) = text.split_once("SigIgn:\t").expect("both masks");
        assert_eq!(said, "a = b one two\n/\n3\nSigBlk:\t0000000000000000\n");
        let ignored = u64::from_str_radix(ignored.trim(), 16).expect("a mask");
        assert_eq!(ignored >> (libc::SIGPIPE - 1) & 1, 0, "a broken pipe ends programs");
        assert_eq!(status.code(), Some(7));
        assert_eq!(child.id(), None, "its number may be somebody else's by now");
    }

    #[tokio::test]
    async fn a_signal_is_told_as_one() {
        let (order, _said) = start_of(&["/bin/sh", "-c", "kill -9 $$"], &[]);
        let status = start(&order, &nobody()).expect("started").wait().await.expect("ended");
        assert_eq!((status.code(), status.signal()), (None, Some(9)));
    }

    #[tokio::test]
    async fn what_cannot_be_executed_leaves_nothing_behind() {
        for words in [&["no-such-program"][..], &["/etc/passwd"], &["/etc"]] {
            let (order, _said) = start_of(words, &[("PATH", "/usr/bin:/bin")]);
            assert!(start(&order, &nobody()).is_err(), "{words:?}");
        }
        let (mut order, mut said) = start_of(&["/bin/echo"], &[]);
        order.folder = "/no/such/folder".into();
        let error = start(&order, &nobody()).err().expect("refused");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        drop(order);
        assert_eq!(said.read(&mut [0; 8]).expect("closed"), 0);
    }

    #[tokio::test]
    async fn a_child_that_nobody_waits_for_is_taken_off_the_table() {
        let (order, _said) = start_of(&["/bin/true"], &[]);
        let child = start(&order, &nobody()).expect("started");
        let entry = format!("/proc/{}/stat", child.pid);
        drop(child);
        let gone = async {
            while Path::new(&entry).exists() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("it is gone");
    }
}
