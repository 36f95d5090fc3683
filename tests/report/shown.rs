//! How the page looks: nothing is cut off on a telephone of 390 px or on A4.

use super::program::Folder;
use super::{browser, shown};

/// Names long and short, numbers large and small.
const STUDY: &str = r#"format = 1
title = "What is cut off"
city = { grid = [6, 5], trips = "2500 trips/h" }
[time]
from = "07:00"
to = "07:30"
warmup = "5 min"
[[variant]]
name = "close the avenue between the school and the town hall"
do = [{ speed = { road = "Avenue 4", limit = "10 km/h" } }]
[[variant]]
name = "short"
do = [{ speed = { road = "Street 3", limit = "45 km/h" } }]
[runs]
seeds = 6
[report]
measures = ["travel_time.mean", "travel_time.p95", "travel_time.total", "queue.max", "speed.mean", "worse_off.share"]
"#;

/// Asks the page in a frame of this width for whatever reaches beyond its frame, and writes it into the page.
const ASK: &str = r#"<script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument, wide = page.documentElement.clientWidth, found = [];
  page.querySelectorAll("table,figure,p,h1,h2,h3,dl,ul,svg").forEach(part => {
    const box = part.getBoundingClientRect();
    if (part.closest(".dense,.unseen,details:not([open])") || box.width === 0 || part.closest("svg") !== (part.tagName === "svg" ? part : null)) return;
    if (box.right > wide + 1) found.push(part.tagName + " " + part.className + " " + Math.round(box.right) + " " + part.textContent.slice(0, 40).trim());
  });
  page.querySelectorAll(".scroll").forEach(part => {
    if (!part.querySelector(".dense") && part.scrollWidth > part.clientWidth + 1) found.push("scrolls " + part.textContent.slice(0, 40).trim());
  });
  const said = document.createElement("p");
  said.id = "said";
  said.textContent = "beyond " + wide + " px: " + found.length + " [" + found.join("; ") + "]";
  document.body.append(said);
};
</script>"#;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH and none in FORECITY_CHROMIUM")]
fn nothing_is_cut_off_on_a_telephone_or_on_paper() {
    let Some(browser) = browser() else {
        println!("left out: no Chromium on PATH and none in FORECITY_CHROMIUM");
        return;
    };
    let here = Folder::new("report-cut-off");
    here.write("study.toml", STUDY);
    here.run("run study.toml -o out --device cpu -q").with(0, "");
    here.run("report out -q").with(0, "");
    let html = here.read("out/report.html");
    // A4 less the margins of the page is 182 mm, 688 px; the rules of print hold everywhere in this copy.
    let paper = html
        .replacen("@media print{@page{size:A4;margin:16mm 14mm}", "@media all{", 1)
        .replace("@media screen and (max-width:52rem)", "@media (max-width:1px)");
    assert_ne!(paper, html, "the style has rules of print");
    for (width, page) in [(390, &html), (688, &paper), (700, &html), (900, &html), (1100, &html), (1280, &html)] {
        let frame = format!(
            "<!DOCTYPE html><body><iframe style=\"width:{width}px;height:900px;border:0\" srcdoc=\"{}\"></iframe>{ASK}</body>",
            escaped(page)
        );
        let file = here.write(&format!("frame-{width}.html"), &frame);
        let dom = String::from_utf8_lossy(&shown(&browser, &["--virtual-time-budget=5000", "--dump-dom"], &file).stdout).into_owned();
        let said = dom
            .split("id=\"said\">")
            .nth(1)
            .and_then(|rest| rest.split("</p>").next())
            .unwrap_or_else(|| panic!("no answer at {width} px"));
        assert!(said.starts_with(&format!("beyond {width} px: 0 ")), "{said}");
    }
}
