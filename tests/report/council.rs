//! What a council reads: the parts of the page agree with each other, names stay names, sweeps and added trips are told apart.

use super::program::Folder;
use super::{offline, well_formed};

const MINUS: char = '\u{2212}';

/// Runs a study, ending with `code`, and reports it; the page.
fn page(here: &Folder, study: &str, code: i32) -> String {
    here.write("study.toml", study);
    here.run("run study.toml -o out --device cpu -q").with(code, "");
    here.run("report out -q").with(0, "");
    let html = here.read("out/report.html");
    well_formed(&html);
    offline(&html);
    html
}

fn part<'a>(html: &'a str, id: &str) -> &'a str {
    let from = html.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no part {id}"));
    html[from..].split("</section>").next().expect("an end")
}

/// One variant that is sound, one in which nothing moves, and demand that is added.
const PART: &str = r#"format = 1
title = "Part of it is valid"
question = "Which closure can be borne?"
city = { grid = [5, 4], trips = "1200 trips/h" }
[time]
from = "07:00"
to = "07:20"
warmup = "5 min"
drain = "15 min"
[[variant]]
name = "slow-street -5"
note = "A school is near"
do = [{ speed = { road = "Avenue 3", limit = "20 km/h", between = ["07:00", "09:00"], note = "children" } }]
[[variant]]
name = "all-the-world drives"
do = [{ demand = { scale = 20.0 } }]
[[variant]]
name = "新しい道路 plan"
do = [{ demand = { add = "300 trips/h" } }]
[runs]
seeds = 5
[report]
measures = ["travel_time.mean", "travel_time.p95", "travel_time.total", "queue.max", "refused.share", "worse_off.share"]
"#;

#[test]
fn the_parts_of_a_page_agree_where_a_part_is_invalid() {
    let here = Folder::new("report-council-part");
    let html = page(&here, PART, 6);
    let (answer, strip, results, people) =
        (part(&html, "answer"), part(&html, "validity-line"), part(&html, "results"), part(&html, "people"));
    assert!(strip.contains("Valid in part.") && strip.contains("5 of 20 runs broke a limit: nothing is said about the effect of &quot;all-the-world drives&quot;. The other 2 comparisons stand."), "{strip}");
    assert!(!html.contains("no effect may be read from this page"));
    assert!(
        answer.contains("&quot;all-the-world drives&quot; is left out, because a run broke a limit.")
            && answer.contains("&quot;slow-street -5&quot;"),
        "{answer}"
    );
    let broken =
        results.split("&quot;all-the-world drives&quot;</bdi> against").nth(1).expect("a table").split("</table>").next().expect("an end");
    assert!(!broken.contains("Difference") && broken.matches(">invalid<").count() == 6, "{broken}");
    let silent = people.split("<h3>").find(|arm| arm.contains("all-the-world")).expect("an arm");
    assert!(silent.contains("nothing is said about who gains") && !silent.contains("<table"), "{silent}");
    // JSON and Markdown say the same.
    let report = here.json("out/report.json");
    assert_eq!(report["validity"]["silenced"], serde_json::json!(["\"all-the-world drives\""]));
    assert_eq!(report["answer"]["sentence"].as_str().map(|said| said.contains("is left out")), Some(true));
    let md = here.read("out/report.md");
    assert!(md.contains("**VALID IN PART: 5 of 20 runs broke a limit") && md.contains("is left out, because a run broke a limit"), "{md}");

    // Names, not slugs; a hyphen of a name is one, and only numbers have a minus sign.
    let visible = html.split("<script type=\"application/json\"").next().expect("the page");
    assert!(
        visible.contains("all-the-world drives, seed 1: ")
            && !visible.contains("all-the-world-drives")
            && !visible.contains("slow-street-5")
    );
    assert!(!html.contains(&format!("slow{MINUS}street")) && !html.contains(&format!("{MINUS}the{MINUS}")) && html.contains(MINUS));
    assert!(visible.contains("<bdi>新しい道路 plan</bdi></th><td class=\"num\">3</td>"), "the table of runs has the name");

    // What is changed, in words, with its reasons.
    assert!(
        answer.contains("The speed limit on Avenue 3 is 20 km&#x2f;h from 07:00 to 09:00. Reason given: children.")
            && answer.contains("A school is near"),
        "{answer}"
    );
    assert!(md.contains("The speed limit on Avenue 3 is 20 km/h from 07:00 to 09:00."));
    assert_eq!(report["changes"][2]["deeds"][0], "300 trips an hour more.");

    // The warm-up is there, but no interval of the table of links lies in it.
    let validity = part(&html, "validity");
    assert!(validity.contains("not tested: the warm-up of 5 min is shorter than one interval of the table of links, 15 min"), "{validity}");
    assert!(!validity.contains("no warm-up was recorded"));
    assert!(part(&html, "maps").contains("Streets are summed in whole intervals: maps hold 06:55 to"));

    // Words that nobody knows are explained; what is not known is not made up.
    for word in ["Holm", "GEH", "percentile", "seed", "pair, paired", "grade, evidence", "bootstrap"] {
        assert!(part(&html, "method").contains(&format!("<dt>{word}</dt>")), "no word {word}");
    }
    let provenance = part(&html, "provenance");
    assert!(
        provenance.contains("not measured")
            && provenance.contains("none needed: the city is generated")
            && part(&html, "method").contains("Questions and contact")
    );
}

#[test]
fn added_trips_are_compared_with_nobody() {
    let here = Folder::new("report-council-added");
    let study = PART.replace("scale = 20.0", "scale = 1.0").replace("300 trips/h", "600 trips/h");
    let html = page(&here, &study, 0);
    let results = part(&html, "results");
    assert!(
        results.contains("Not the same trips: this variant has ")
            && results.contains("Mean travel time <span class=\"unit\">in min</span> †"),
        "{results}"
    );
    let report = here.json("out/report.json");
    let rows = report["comparisons"].as_array().expect("rows");
    let of = |variant: &str, measure: &str| {
        rows.iter()
            .find(|row| row["label"].as_str().is_some_and(|label| label.contains(variant)) && row["measure"] == measure)
            .expect("a row")
    };
    // Base loses nothing, so its trips are the common ones: its mean is the same as against a variant with the same trips.
    let (same, added) = (of("slow-street", "travel_time.mean"), of("plan", "travel_time.mean"));
    let trips = here.json("out/manifest.json")["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .filter(|run| run["variant"] == "base")
        .map(|run| run["measures"]["trips.total"].as_f64().expect("trips"))
        .sum::<f64>()
        / 5.0;
    assert!((added["common_trips"].as_f64().expect("common trips") - trips).abs() < 1e-9 && same["common_trips"].is_null());
    assert!((same["mean_against"].as_f64().expect("a mean") - added["mean_against"].as_f64().expect("a mean")).abs() < 1e-9);
    assert!(of("plan", "travel_time.total")["common_trips"].is_null(), "a total holds all trips");
    let sentence = added["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("trips that both have"), "{sentence}");
    assert!(here.read("out/report.md").contains("Not the same trips"));
    // How much pairing bought, in words; everywhere the same.
    let said = "Each simulated day is compared with itself";
    assert!(
        results.contains(said)
            && here.read("out/report.md").contains(said)
            && report["measures"][1]["pairing"].as_str().expect("words").starts_with(said)
    );
}

#[test]
fn a_sweep_says_which_points_and_how_many_trips() {
    let here = Folder::new("report-council-sweep");
    let html = page(
        &here,
        r#"format = 1
title = "A sweep"
city = { grid = [5, 4], trips = "1000 trips/h" }
[time]
from = "07:00"
to = "07:20"
warmup = "15 min"
[[variant]]
name = "school street"
do = [{ speed = { id = "slow", road = "Avenue 3", limit = "15 km/h" } }]
[sweep]
"demand.scale" = [0.5, 1.5]
[runs]
seeds = 2
"#,
        0,
    );
    let report = here.json("out/report.json");
    let counts: Vec<f64> = (0..2)
        .map(|point| {
            let runs = report["provenance"]["runs"].as_array().expect("runs");
            let own = runs.iter().filter(|run| run["variant"] == "base" && run["point"] == point);
            own.map(|run| run["measures"]["trips.total"].as_f64().expect("trips")).sum::<f64>() / 2.0
        })
        .collect();
    let sentence = report["answer"]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains(&format!("of about {:.0} to {:.0} trips a run", counts[0], counts[1])), "{counts:?} {sentence}");
    let maps = part(&html, "maps");
    assert!(maps.contains("Of the 2 variants and points of the sweep 1 have maps, the first point of each variant: &quot;school street&quot; at demand.scale = 0.5."), "{maps:.400}");
    assert!(
        maps.contains("Speed and traffic: school street at demand.scale = 0.5")
            && part(&html, "time").contains("school street at demand.scale = 0.5")
    );
    assert!(part(&html, "answer").contains("Varied: <bdi>demand.scale (factor on all trips) = 0.5, 1.5</bdi>"));
    // Two pairs are too few for a test: no p anywhere.
    assert!(report["comparisons"].as_array().expect("rows").iter().all(|row| row["p"].is_null() && row["p_holm"].is_null()));
    assert!(!part(&html, "results").contains(">1.00<") && !part(&html, "people").contains(">1.00<"));
}

#[test]
fn many_variants_are_told_by_their_ends() {
    let here = Folder::new("report-council-many");
    let variants: String = (0..8)
        .map(|k| {
            format!(
                "[[variant]]\nname = \"limit {k}\"\ndo = [{{ speed = {{ road = \"Avenue {}\", limit = \"{} km/h\" }} }}]\n",
                2 + k % 3,
                10 + 5 * k
            )
        })
        .collect();
    let study = format!(
        "format = 1\ntitle = \"Many\"\ncity = {{ grid = [5, 4], trips = \"1000 trips/h\" }}\n[time]\nfrom = \"07:00\"\nto = \"07:20\"\n{variants}[runs]\nseeds = 5\n"
    );
    let html = page(&here, &study, 0);
    let report = here.json("out/report.json");
    let sentence = report["answer"]["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.contains("in 8 variants against base: ")
            && sentence.contains("raised most by")
            && sentence.contains("in the table of results"),
        "{sentence}"
    );
    assert!(sentence.matches("\"limit ").count() <= 6 && sentence.len() < 900, "{sentence}");
    let results = part(&html, "results");
    assert!(results.contains("All comparisons at a glance") && results.contains("Every measure of each of the 8 comparisons"));
    assert!(part(&html, "answer").contains("Evidence, of 8 comparisons: "));
}

#[test]
fn computing_time_counts_every_call() {
    let here = Folder::new("report-council-time");
    let time = |here: &Folder| here.json("out/manifest.json")["wall_s"].as_f64().expect("a time");
    here.run("run grid:6x6 --seeds 1..8 -o out --device cpu -q").with(0, "");
    let first = time(&here);
    here.run("run grid:6x6 --seeds 1..9 -o out --device cpu -q").with(0, "");
    assert!(time(&here) > first, "{} after {first}", time(&here));
    here.run("run grid:6x6 --seeds 1..9 -o out --device cpu -q --fresh").with(0, "");
    here.run("report out -q").with(0, "");
    assert!(here.read("out/report.html").contains("over all calls that made these runs"));
}
