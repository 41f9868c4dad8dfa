//! What connections are allowed, as the settings say.

use std::time::{Duration, Instant};

use burner_engine::network::{Network, OutputLimit};

use super::EventLoop;
use crate::host::Desk;

/// How often idle and lagging connections are looked for, while there may be any.
const PATROL: Duration = Duration::from_secs(1);

impl EventLoop {
    /// Goes by the settings as they are now.
    pub(super) fn obey(&mut self, desk: &mut Desk<'_>) {
        let network = desk.engine.network();
        if network != self.network {
            self.network = network;
            self.much_output = much_output(&network);
            self.set_patrol();
        }
    }

    /// Closes a connection that has more output than it may have, at all or for so long.
    pub(super) fn check_output(&mut self, token: usize, desk: &Desk<'_>) {
        let Some(connection) = &mut self.connections[token] else { return };
        let is_subscriber =
            desk.engine.session(connection.session).is_some_and(|session| session.subscriptions() > 0);
        let limit = if is_subscriber { self.network.pubsub } else { self.network.normal };
        if is_over(limit, connection.unsent(), &mut connection.lags_since, self.now) && !connection.dead {
            self.traffic.over_output_limit += 1;
            connection.dead = true;
            connection.mark_dirty(token, &mut self.dirty);
        } else if connection.lags_since.is_some() && !std::mem::replace(&mut connection.lagging, true) {
            self.lagging.push(token);
            self.set_patrol();
        }
    }

    /// Closes connections that have been idle or lagging for too long.
    pub(super) fn patrol(&mut self, desk: &Desk<'_>) {
        for token in std::mem::take(&mut self.lagging) {
            if let Some(connection) = &mut self.connections[token] {
                connection.lagging = false;
                self.check_output(token, desk);
            }
        }
        if self.network.timeout_seconds > 0 {
            let timeout = Duration::from_secs(self.network.timeout_seconds);
            let places = self.connections.iter_mut().enumerate();
            for (token, connection) in places.filter_map(|(at, place)| Some((at, place.as_mut()?))) {
                if connection.blocked || self.now.saturating_duration_since(connection.active) <= timeout {
                    continue;
                }
                let session = desk.engine.session(connection.session);
                if session.is_none_or(|session| session.subscriptions() == 0 && !session.monitors) {
                    connection.dead = true;
                    connection.mark_dirty(token, &mut self.dirty);
                }
            }
        }
        self.patrol = None;
        self.set_patrol();
    }

    /// Has a patrol sent out, if there may be anybody to find.
    fn set_patrol(&mut self) {
        if self.network.timeout_seconds == 0 && self.lagging.is_empty() {
            self.patrol = None;
        } else if self.patrol.is_none() {
            self.patrol = Some(self.now + PATROL);
        }
    }
}

/// The least output that could be too much for anybody, in bytes.
fn much_output(network: &Network) -> usize {
    let OutputLimit { hard, soft, .. } = network.normal;
    let limits = [hard, soft, network.pubsub.hard, network.pubsub.soft];
    limits.into_iter().filter(|limit| *limit > 0).min().unwrap_or(usize::MAX)
}

/// Whether so much output is too much; keeps count of since when it is more than it may be for long.
fn is_over(limit: OutputLimit, output: usize, lags_since: &mut Option<Instant>, now: Instant) -> bool {
    if limit.hard > 0 && output > limit.hard {
        return true;
    }
    if limit.soft == 0 || output <= limit.soft {
        *lags_since = None;
        return false;
    }
    let since = *lags_since.get_or_insert(now);
    now.saturating_duration_since(since) > Duration::from_secs(limit.soft_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "only the time between two moments counts here: any can be the first"
    )]
    fn a_soft_limit_allows_some_seconds_in_a_row() {
        let limit = OutputLimit { hard: 100, soft: 10, soft_seconds: 5 };
        let (start, mut since) = (Instant::now(), None);
        let mut at =
            |seconds, output| is_over(limit, output, &mut since, start + Duration::from_secs(seconds));
        assert!(!at(0, 11));
        assert!(!at(4, 99));
        assert!(!at(5, 10), "it was at the limit for a moment");
        assert!(!at(6, 11));
        assert!(!at(11, 11));
        assert!(at(12, 11));
        assert!(at(13, 101));
    }

    #[test]
    fn no_limit_is_no_limit() {
        let mut network = Network { pubsub: OutputLimit::default(), ..Network::default() };
        assert_eq!(much_output(&network), usize::MAX);
        network.pubsub.soft = 7;
        assert_eq!(much_output(&network), 7);
    }
}
