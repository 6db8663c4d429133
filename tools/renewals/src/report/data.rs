//! The numbers of the page for other programs: inert JSON, so that a report is its own data set.

use serde::Serialize;
use serde_json::Value;

use super::frame::short;
use crate::Month;
use crate::figures::{Figures, Input, Parameters};
use crate::statistics::judgement::{
    ForecastMonth, Headline, Judgement, Light, Mix, MonthJudgement, Partner, Value as Worth, Verdict, YearAgo,
};

/// As many months are given; the JSON file beside the report has all.
const MONTHS: usize = 60;
/// As many partners are given.
const PARTNERS: usize = 60;

#[derive(Serialize)]
struct Data<'a> {
    schema: u32,
    program: &'a str,
    as_of: String,
    month: Month,
    light: Light,
    headline: &'a Option<Headline>,
    early: &'a Option<Headline>,
    value: Worth,
    mix: &'a Option<Mix>,
    year_ago: &'a Option<YearAgo>,
    months: Vec<Row>,
    segments: Vec<Segment<'a>>,
    partners: Vec<Partner>,
    forecast: &'a [ForecastMonth],
    params: &'a Parameters,
    inputs: Vec<Input>,
}

/// A month of the data block.
#[derive(Serialize)]
struct Row {
    month: Month,
    x: u64,
    n: u64,
    mature: bool,
    lower: Option<f64>,
    upper: Option<f64>,
    usual: Option<f64>,
    limits: Option<[f64; 2]>,
    p_lower: Option<f64>,
    cusum: Option<f64>,
    verdict: Verdict,
}

/// A segment of the data block.
#[derive(Serialize)]
struct Segment<'a> {
    dimension: &'a str,
    name: String,
    x: u64,
    n: u64,
    q: Option<f64>,
    changed: bool,
}

/// Returns the data as JSON that cannot end the element it stands in.
pub fn json(figures: &Figures, judgement: &Judgement) -> String {
    let months = super::until(judgement, figures.month);
    let partners = judgement.funnel.as_ref().map_or(&[][..], |funnel| &funnel.partners);
    let data = Data {
        schema: figures.schema,
        program: &figures.program,
        as_of: figures.as_of.to_string(),
        month: figures.month,
        light: judgement.light,
        headline: &judgement.headline,
        early: &judgement.early,
        value: judgement.value,
        mix: &judgement.mix,
        year_ago: &judgement.year_ago,
        months: months[months.len().saturating_sub(MONTHS)..].iter().map(row).collect(),
        segments: segments(judgement),
        partners: partners.iter().take(PARTNERS).map(known).collect(),
        forecast: &judgement.forecast,
        params: &figures.params,
        inputs: figures.inputs.iter().map(named).collect(),
    };
    let mut value = serde_json::to_value(&data).expect("the data has only text as keys");
    shorten(&mut value);
    let text = value.to_string();
    // `</script>` and `<!--` are the only ways out of the element; neither survives without its `<`.
    text.replace('<', "\\u003c")
}

/// Rounds every fraction to a millionth: more would only be noise of the last bit.
fn shorten(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(|number| (number * 1e6).round() / 1e6);
            *value = rounded.and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number);
        }
        _ => {}
    }
}

fn known(partner: &Partner) -> Partner {
    Partner { name: short(&partner.name, 80), ..*partner }
}

fn named(input: &Input) -> Input {
    Input { file: short(&input.file, 120), ..input.clone() }
}

fn row(one: &MonthJudgement) -> Row {
    Row {
        month: one.month,
        x: one.count.x,
        n: one.count.n,
        mature: one.mature,
        lower: one.interval.map(|range| range.lower),
        upper: one.interval.map(|range| range.upper),
        usual: one.usual,
        limits: one.limits.map(|range| [range.lower, range.upper]),
        p_lower: one.p_lower,
        cusum: one.cusum,
        verdict: one.verdict,
    }
}

fn segments(judgement: &Judgement) -> Vec<Segment<'_>> {
    let all = judgement.segments.iter().filter(|segment| segment.year.n > 0);
    let given = all.take(120).map(|segment| Segment {
        dimension: &segment.dimension,
        name: short(&segment.name, 80),
        x: segment.year.x,
        n: segment.year.n,
        q: segment.q,
        changed: segment.changed,
    });
    given.collect()
}
