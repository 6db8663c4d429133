//! The verdict in words: what share of how many, how sure that is, what is usual, and whether it matters.

use super::judgement::{Headline, MonthJudgement, Verdict};
use super::months::{HISTORY, Rules};
use super::words;
use crate::figures::Age;

/// Returns the sentences of a month.
pub fn of(headline: &Headline, judged: &MonthJudgement, age: Age, rules: &Rules) -> String {
    let digits = words::decimals(headline.count.n);
    let until = match age {
        Age::MonthEnd => "by the end of the month",
        _ => "within 30 days",
    };
    let share = format!(
        "{} ({}) of {} due in {} renewed {until}",
        words::percent(headline.rate, digits),
        words::range(headline.interval.lower, headline.interval.upper, digits),
        words::counted(headline.count.n, "licence"),
        words::month(headline.month),
    );
    let usual = match headline.baseline {
        Some(usual) => format!("{share}; usual is {}.", words::percent(usual, digits)),
        None => format!("{share}."),
    };
    format!("{usual} {}", verdict(headline, judged, rules))
}

fn verdict(headline: &Headline, judged: &MonthJudgement, rules: &Rules) -> String {
    let low = judged.p_lower.unwrap_or(1.0);
    match headline.verdict {
        Verdict::BelowFloor => {
            let floor = words::percent(rules.floor.unwrap_or_default(), 0);
            format!("That is below the floor of {floor} that was set.")
        }
        Verdict::SignificantDrop if low < super::months::RED => {
            format!("That is a significant drop: chance alone does it {}.", words::once_in(low))
        }
        Verdict::SignificantDrop => {
            "This month alone could be chance; together with the months before it, it is a significant drop."
                .to_owned()
        }
        Verdict::Worse if low < super::months::AMBER => {
            format!("That is lower than usual, though chance alone does it {}.", words::once_in(low))
        }
        Verdict::Worse => "The last months together are lower than usual.".to_owned(),
        Verdict::Usual => "No significant change.".to_owned(),
        Verdict::Better => "That is better than usual.".to_owned(),
        Verdict::TooFew => too_few(headline, rules),
        Verdict::TooYoung => "It is too young to be compared.".to_owned(),
        Verdict::NoHistory => {
            format!("Not compared with what is usual: fewer than {HISTORY} earlier months are mature.")
        }
    }
}

fn too_few(headline: &Headline, rules: &Rules) -> String {
    let start = format!("Fewer than {} were due, too few to judge a month.", rules.min_n);
    match headline.three_months.and_then(|three| Some((three, three.rate()?))) {
        Some((three, rate)) => format!(
            "{start} In three months together {} of {} did ({}).",
            words::count(three.x),
            words::count(three.n),
            words::percent(rate, words::decimals(three.n)),
        ),
        None => start,
    }
}
