//! Subscriptions paid by the month: many rows, no obligations.

use super::super::calendar::{Day, plus_months};
use super::super::catalog::{Hosting, TIER_MAX, price_per_year};
use super::super::random::Stream;
use super::{Billing, LICENCES_PER_ACCOUNT, Licence, Line, Payment, Sale, Story, World};

/// Tells a subscription that starts on `start`.
pub(super) fn tell(story: &mut Story, world: World, stream: &mut Stream, start: Day) {
    story.licences.push(Licence {
        number: story.account.number * LICENCES_PER_ACCOUNT,
        hosting: Hosting::Cloud,
        tried: Some(start - 30),
        moved_from: None,
        renumbered: None,
        born_entitled: stream.chance(5000),
    });
    let months = stream.between(1, 76);
    let mut tier = stream.between(0, 6) as u8;
    for month in 0..months {
        let (from, to) = (plus_months(start, month), plus_months(start, month + 1));
        if from > world.until {
            return;
        }
        let cents = price_per_year(story.account.app, Hosting::Cloud, tier, from) / 11;
        let line = Line {
            licence: 0,
            order: story.next_order(),
            kind: if month == 0 { Sale::New } else { Sale::Renewal },
            sale: from,
            start: from,
            end: to,
            tier,
            tier_before: None,
            cents,
            payment: if stream.chance(30) { Payment::Uncollectible } else { Payment::Paid },
            billing: Billing::Monthly,
            original: None,
            added_users: 0,
            is_trial: false,
        };
        story.push(line);
        if stream.chance(300) && tier < TIER_MAX {
            let at = from + stream.between(3, 20);
            story.push(Line {
                kind: Sale::Upgrade,
                sale: at,
                start: at,
                tier: tier + 1,
                tier_before: Some(tier),
                cents: cents / 5,
                payment: Payment::Paid,
                added_users: stream.between(1, 40) as u16,
                ..line
            });
            tier += 1;
        }
    }
}
