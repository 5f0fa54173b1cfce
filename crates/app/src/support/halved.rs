//! Finding, of many who share a call of the store, those whose fault it is that it fails.

use paygate_ports::StoreError;
use std::time::Duration;
use tokio::time::Instant;

/// So long halves are tried. A call that fails late has waited for a lock, and each half would again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls for all. While that fails, though the store is there, it is tried for each half by itself,
/// until those are alone at whom it fails, or it takes too long; others are not to suffer for them. A
/// store that is away is asked once more, for a connection may have died in the pool, and then for none
/// of them.
///
/// Answers who was called for together, in their order, with what came of it.
pub(crate) async fn halved<T, A, F>(
    batch: Vec<T>,
    call: impl Fn(&[T]) -> F,
) -> Vec<(Vec<T>, Result<A, StoreError>)>
where
    F: Future<Output = Result<A, StoreError>>,
{
    let (mut done, started) = (Vec::new(), Instant::now());
    let mut groups = vec![batch];
    while let Some(mut group) = groups.pop() {
        let answer = match call(&group).await {
            Err(StoreError::Unavailable(_)) => call(&group).await,
            answer => answer,
        };
        match answer {
            Err(error @ StoreError::Unavailable(_)) => {
                let rest = groups.drain(..).rev();
                done.extend([group].into_iter().chain(rest).map(|it| (it, Err(error.clone()))));
            }
            Err(_) if group.len() > 1 && started.elapsed() < PATIENCE => {
                let right = group.split_off(group.len() / 2);
                groups.extend([right, group]);
            }
            answer => done.push((group, answer)),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::future::ready;

    fn refused() -> StoreError {
        StoreError::Refused("as the test wants it".to_owned())
    }

    #[tokio::test]
    async fn those_are_alone_in_the_end_at_whom_it_fails() {
        let fails = |group: &[u32]| {
            ready(match group.contains(&3) {
                true => Err(refused()),
                false => Ok(group.iter().sum::<u32>()),
            })
        };
        let done = halved(vec![1, 2, 3, 4], fails).await;
        let expected = [(vec![1, 2], Ok(3)), (vec![3], Err(refused())), (vec![4], Ok(4))];
        assert_eq!(done, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_late_is_not_tried_again_for_each_half() {
        let fails = |_: &[u32]| async {
            tokio::time::sleep(Duration::from_secs(40)).await;
            Err::<(), _>(refused())
        };
        assert_eq!(halved(vec![1, 2], fails).await, [(vec![1, 2], Err(refused()))]);
    }

    #[tokio::test]
    async fn a_store_that_is_away_is_asked_once_more_and_then_for_nobody_else() {
        let away = StoreError::Unavailable("away".to_owned());
        let calls = RefCell::new(Vec::new());
        let fails = |group: &[u32]| {
            calls.borrow_mut().push(group.to_vec());
            ready(match group {
                [1, 2, 3, 4] => Err(refused()),
                _ => Err::<(), _>(away.clone()),
            })
        };
        let done = halved(vec![1, 2, 3, 4], fails).await;
        assert_eq!(done, [(vec![1, 2], Err(away.clone())), (vec![3, 4], Err(away.clone()))]);
        assert_eq!(*calls.borrow(), [vec![1, 2, 3, 4], vec![1, 2], vec![1, 2]]);
    }
}
