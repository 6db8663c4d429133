pub const SOCKET: &str = "/work/docker/docker.sock";
