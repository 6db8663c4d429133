//! placeholder
pub use options::Options;
mod options {
    /// x
    #[derive(Debug, clap::Args)]
    pub struct Options {}
}
/// x
pub async fn run(_: Options) -> i32 {
    0
}
