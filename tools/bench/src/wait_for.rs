//! Waiting for what is asynchronous, on this thread alone: the load must cost as little as it can.

/// Runs it to its end, on this thread alone.
pub(crate) fn on_this_thread<T>(
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}"))?.block_on(work)
}
