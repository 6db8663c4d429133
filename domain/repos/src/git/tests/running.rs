//! Running git: failures, leftovers, and what is let out.

use super::super::access::Access;
use super::super::testbed::{Folder, Upstream, fetch};
use super::super::{Credential, Fetch, Git, Source};
use super::bed;
use base::{Secret, Stopwatch};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use web::TargetPolicy;

#[tokio::test]
async fn a_remote_that_is_not_there_is_an_error_that_names_the_reason() {
    let (folder, up, mirror) = bed();
    up.grow("main", "one");
    let nowhere = Upstream { dir: folder.path().join("nowhere.git") };
    let error = fetch(&mirror, &nowhere).await.expect_err("nothing there");
    assert_eq!(error.code(), "git.failed");
    assert!(error.message().contains("does not appear to be a git repository"), "{error}");
    // Nor is a repository found by looking around above the folder.
    assert!(!mirror.exists().await);
}

#[tokio::test]
async fn a_git_that_hangs_is_stopped_with_all_it_started() {
    let folder = Folder::new();
    let bin = folder.path().join("bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    let beacon = folder.path().join("child");
    let script = format!("#!/bin/sh\nsleep 600 &\necho $! > '{}'\nwait\n", beacon.display());
    let helper = bin.join("ssh");
    std::fs::write(&helper, script).expect("a script");
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let git = Git::open(&folder.path().join("repositories"), Duration::from_secs(1)).expect("git");
    let took = Stopwatch::start();
    let command = format!("'{}'", helper.display());
    let error = git
        .call(["ls-remote", "--", "ssh://git@acme.test/x"])
        .environment(&[
            ("GIT_SSH_COMMAND".into(), command.into()),
            ("GIT_ALLOW_PROTOCOL".into(), "ssh".into()),
        ])
        .run()
        .await
        .err()
        .expect("it hangs");
    assert_eq!(error.code(), "git.timeout");
    assert!(took.elapsed() < Duration::from_secs(30));
    let child = std::fs::read_to_string(&beacon).expect("the helper ran");
    let stat = format!("/proc/{}/stat", child.trim());
    // It was sent a signal that cannot be ignored; the system may take a moment to carry it out.
    let is_gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    while !is_gone() && took.elapsed() < Duration::from_secs(30) {
        tokio::task::yield_now().await;
    }
    assert!(is_gone(), "the sleeping child is gone");
}

#[tokio::test]
async fn leftovers_of_a_killed_git_do_not_fail_the_next_fetch() {
    let (_folder, up, mirror) = bed();
    up.grow("main", "one");
    fetch(&mirror, &up).await.expect("a fetch");
    for leftover in ["packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_abc"] {
        std::fs::write(mirror.dir().join(leftover), "").expect("a leftover");
    }
    let tip = up.grow("main", "two");
    assert!(fetch(&mirror, &up).await.is_err(), "a lock fails a fetch");
    mirror.sweep().await.expect("swept");
    fetch(&mirror, &up).await.expect("a fetch");
    assert_eq!(mirror.resolve("main").await.expect("main"), tip);
    assert!(!mirror.dir().join("objects/pack/tmp_pack_abc").exists());
}

#[tokio::test]
async fn private_hosts_are_refused_before_anything_is_sent() {
    let (_folder, _, mirror) = bed();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("set");
    let port = listener.local_addr().expect("bound").port();
    let policy = TargetPolicy::default();
    for address in [format!("http://localhost:{port}/x"), format!("ssh://git@127.0.0.1:{port}/x")] {
        let source = Source::parse(&address).expect("an address");
        let wanted = Fetch { source: &source, credential: None, policy: &policy, default_branch: None };
        assert_eq!(mirror.fetch(wanted).await.expect_err("refused").code(), "target.private", "{address}");
    }
    assert!(listener.accept().is_err(), "nobody knocked");
}

#[tokio::test]
async fn a_key_lies_in_a_file_of_its_own_only_while_it_is_used() {
    let (folder, _, mirror) = bed();
    let policy = TargetPolicy::parse("127.0.0.1").expect("a list");
    let source = Source::parse("ssh://git@127.0.0.1:1/x").expect("an address");
    let credential = Credential::SshKey { private_key: Secret::new("KEY-TEXT"), known_hosts: None };
    let access = Access::prepare(&folder.git(), &source, Some(&credential), &policy).await.expect("prepared");
    let keys = folder.path().join("repositories/keys");
    let held = std::fs::read_dir(&keys).expect("a folder").flatten().next().expect("one").path();
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&held), mode(&held.join("key"))), (0o700, 0o600));
    let shown: String = access.environment.iter().map(|(k, v)| format!("{k:?}={v:?} ")).collect();
    assert!(shown.contains("GIT_SSH_COMMAND") && !shown.contains("KEY-TEXT"), "{shown}");
    drop(access);
    assert!(!held.exists());
    let wanted =
        Fetch { source: &source, credential: Some(&credential), policy: &policy, default_branch: None };
    let error = mirror.fetch(wanted).await.expect_err("nobody listens there");
    assert!(!format!("{error:?}").contains("KEY-TEXT"));
    assert_eq!(std::fs::read_dir(&keys).expect("a folder").count(), 0, "gone after a failure, too");
}

#[tokio::test]
async fn ssh_gets_the_checked_address_and_the_key_and_nothing_of_the_users() {
    let folder = Folder::new();
    let up = Upstream::new(&folder.path().join("up stream.git"));
    let tip = up.grow("main", "one");
    let bin = folder.path().join("bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    // Stands for ssh: notes how it was called and what key it could read, and then runs the command here.
    let notes = folder.path().join("notes");
    let script = format!(
        "#!/bin/sh\nfor word do printf '%s\\n' \"$word\" >> '{0}'; last=$word\n\
         case $word in IdentityFile=*) key=${{word#IdentityFile=}}; key=${{key#?}}; cat \"${{key%?}}\" >> '{0}';; esac; done\n\
         exec sh -c \"$last\"\n",
        notes.display()
    );
    std::fs::write(bin.join("ssh"), script).expect("a script");
    std::fs::set_permissions(bin.join("ssh"), std::fs::Permissions::from_mode(0o755)).expect("executable");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path))).expect("a path");

    let git =
        Git::open(&folder.path().join("the 'data'/repositories"), Duration::from_secs(60)).expect("git");
    let address = format!("ssh://git@localhost:2222{}", up.dir.display().to_string().replace(' ', "%20"));
    let source = Source::parse(&address).expect("an address");
    let credential = Credential::SshKey {
        private_key: Secret::new("KEY\r\nTEXT"),
        known_hosts: Some("localhost ssh-ed25519 AAAA".to_owned()),
    };
    let policy = TargetPolicy::parse("127.0.0.0/8, ::1").expect("a list");
    let access = Access::prepare(&git, &source, Some(&credential), &policy).await.expect("prepared");
    let listed = git
        .call(["ls-remote".as_ref(), "--".as_ref(), source.argument(), "main".as_ref()])
        .environment(&access.environment)
        .environment(&[("PATH".into(), path)])
        .output()
        .await
        .expect("listed");
    assert!(String::from_utf8_lossy(&listed).starts_with(&tip));
    let noted = std::fs::read_to_string(&notes).expect("it was called");
    for wanted in [
        "-F\n/dev/null\n",
        "BatchMode=yes\n",
        "IdentitiesOnly=yes\n",
        "IdentityAgent=none\n",
        "HostKeyAlias=localhost\n",
        "StrictHostKeyChecking=yes\n",
        "-p\n2222\n",
        "KEY\nTEXT\n",
        "git@localhost\n",
    ] {
        assert!(noted.contains(wanted), "{wanted:?} in {noted}");
    }
    assert!(noted.contains("HostName=127.0.0.1\n") || noted.contains("HostName=::1\n"), "{noted}");
}
