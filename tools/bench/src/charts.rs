//! The figures as charts, in SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::load::Spread;
use crate::results::{Results, Row, WORKLOADS};

const SIZE: (u32, u32) = (760, 380);
const COLOURS: [RGBColor; 4] =
    [RGBColor(31, 99, 181), RGBColor(214, 96, 36), RGBColor(52, 140, 74), RGBColor(140, 86, 170)];

const MILLISECONDS: &str = "ms";

/// One line of a chart.
type Line = (&'static str, Vec<(f64, f64)>);

/// A chart: the name of its file, what it shows, and how it is drawn.
pub(crate) struct Chart {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    lines: Vec<Line>,
    names: Vec<String>,
    along: &'static str,
    up: &'static str,
}

/// Those for which something was measured.
pub(crate) fn all(results: &Results) -> Vec<Chart> {
    let charts = [workloads(results), rates(results), tables(results), connections(results)];
    charts.into_iter().filter(|chart| chart.lines.iter().any(|line| !line.1.is_empty())).collect()
}

fn workloads(results: &Results) -> Chart {
    let rows = results.rows(WORKLOADS);
    let bars = rows.iter().enumerate().map(|(at, row)| (at as f64, row.compared.ratio));
    Chart {
        file: "workloads.svg",
        title: "Throughput by workload",
        lines: vec![("settled for each transaction of pgbench", bars.collect())],
        names: rows.iter().map(|row| row.name.clone()).collect(),
        along: "",
        up: "x TPC-B",
    }
}

fn rates(results: &Results) -> Chart {
    let rows = results.rows("rates");
    let accept = |of: fn(Spread) -> f64| line(rows, move |row| accept(row).map(of));
    let settle = |of: fn(Spread) -> f64| line(rows, move |row| settle(row).map(of));
    Chart {
        file: "latency.svg",
        title: "Latency against offered load",
        lines: vec![
            ("accept, p50", accept(|it| it.p50_ms)),
            ("accept, p99", accept(|it| it.p99_ms)),
            ("accept to the end, p50", settle(|it| it.p50_ms)),
            ("accept to the end, p99", settle(|it| it.p99_ms)),
        ],
        names: Vec::new(),
        along: "transfers a second",
        up: MILLISECONDS,
    }
}

fn tables(results: &Results) -> Chart {
    let millions = |(at, ratio): (f64, f64)| (at / 1_000_000.0, ratio);
    let ratios = line(results.rows("tables"), |row| Some(row.compared.ratio));
    Chart {
        file: "tables.svg",
        title: "Throughput against table size",
        lines: vec![("transfers", ratios.into_iter().map(millions).collect())],
        names: Vec::new(),
        along: "million payments in the tables before",
        up: "x TPC-B",
    }
}

fn connections(results: &Results) -> Chart {
    let ratios = line(results.rows("connections"), |row| Some(row.compared.ratio));
    Chart {
        file: "connections.svg",
        title: "Throughput against connections",
        lines: vec![("transfers", ratios)],
        names: Vec::new(),
        along: "connections, each with one request at a time",
        up: "x TPC-B",
    }
}

fn line(rows: &[Row], of: impl Fn(&Row) -> Option<f64>) -> Vec<(f64, f64)> {
    rows.iter().filter_map(|row| Some((row.at? as f64, of(row)?))).collect()
}

fn accept(row: &Row) -> Option<Spread> {
    row.compared.typical()?.measured.loaded.accept
}

fn settle(row: &Row) -> Option<Spread> {
    row.compared.typical()?.measured.loaded.outcome.settle
}

impl Chart {
    /// Draws it into a folder.
    pub(crate) fn draw(&self, folder: &Path) -> Result<(), String> {
        let path = folder.join(self.file);
        let area = SVGBackend::new(&path, SIZE).into_drawing_area();
        let drawn = match self.names.is_empty() {
            true => self.draw_lines(&area),
            false => self.draw_bars(&area),
        };
        drawn.and_then(|()| area.present().map_err(words))
    }

    /// The greatest figure, and a little more.
    fn top(&self) -> f64 {
        let figures = self.lines.iter().flat_map(|(_, points)| points).map(|point| point.1);
        figures.fold(f64::MIN_POSITIVE, f64::max) * 1.15
    }

    fn draw_bars(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), String> {
        area.fill(&WHITE).map_err(words)?;
        let mut builder = ChartBuilder::on(area);
        builder.caption(self.title, ("sans-serif", 20)).margin(12);
        builder.set_label_area_size(LabelAreaPosition::Left, 48);
        builder.set_label_area_size(LabelAreaPosition::Bottom, 36);
        let count = self.names.len().max(1) as f64;
        let mut chart =
            builder.build_cartesian_2d(-0.5..count - 0.5, 0.0..self.top()).map_err(words)?;
        let name = |at: &f64| match (at.fract() == 0.0, self.names.get(*at as usize)) {
            (true, Some(name)) => name.clone(),
            _ => String::new(),
        };
        let mut mesh = chart.configure_mesh();
        mesh.max_light_lines(1).disable_x_mesh().y_desc(self.up).x_labels(self.names.len() * 2 + 1);
        mesh.x_label_formatter(&name).draw().map_err(words)?;
        for (_, bars) in &self.lines {
            let bar = |(at, value): &(f64, f64)| {
                Rectangle::new([(at - 0.35, 0.0), (at + 0.35, *value)], COLOURS[0].filled())
            };
            chart.draw_series(bars.iter().map(bar)).map_err(words)?;
            let figure = |(at, value): &(f64, f64)| {
                let centred = Pos::new(HPos::Center, VPos::Bottom);
                let style = TextStyle::from(("sans-serif", 14).into_font()).pos(centred);
                Text::new(format!("{value:.2}"), (*at, value + self.top() / 50.0), style)
            };
            chart.draw_series(bars.iter().map(figure)).map_err(words)?;
        }
        Ok(())
    }

    /// Where each step is a multiple of the one before, as from one connection to a thousand, so are
    /// the axes.
    fn draw_lines(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), String> {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let ((left, right), (bottom, top)) =
            (span(points().map(|point| point.0)), span(points().map(|point| point.1)));
        let (along, up) = (0.0..right * 1.03, 0.0..self.top());
        let (steep_along, steep_up) =
            ((left * 0.9..right * 1.1).log_scale(), (bottom * 0.7..top * 1.5).log_scale());
        match (is_steep(left, right), self.up == MILLISECONDS && is_steep(bottom, top)) {
            (false, false) => self.draw_along(area, along, up),
            (true, false) => self.draw_along(area, steep_along, up),
            (false, true) => self.draw_along(area, along, steep_up),
            (true, true) => self.draw_along(area, steep_along, steep_up),
        }
    }

    fn draw_along<X, Y>(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
        along: X,
        up: Y,
    ) -> Result<(), String>
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64>,
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        area.fill(&WHITE).map_err(words)?;
        let mut builder = ChartBuilder::on(area);
        builder.caption(self.title, ("sans-serif", 20)).margin(12).margin_right(32);
        builder.set_label_area_size(LabelAreaPosition::Left, 56);
        builder.set_label_area_size(LabelAreaPosition::Bottom, 44);
        let mut chart = builder.build_cartesian_2d(along, up).map_err(words)?;
        let mut mesh = chart.configure_mesh();
        mesh.max_light_lines(1).x_label_formatter(&label).y_label_formatter(&label);
        mesh.x_desc(self.along).y_desc(self.up).draw().map_err(words)?;
        for ((name, points), colour) in self.lines.iter().zip(COLOURS) {
            let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
            let drawn = chart.draw_series(line).map_err(words)?.label(*name);
            drawn.legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2))
            });
            let dot = |point: &(f64, f64)| Circle::new(*point, 3, colour.filled());
            chart.draw_series(points.iter().map(dot)).map_err(words)?;
        }
        if self.lines.len() < 2 {
            return Ok(());
        }
        let mut labels = chart.configure_series_labels();
        labels.background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3));
        labels.position(SeriesLabelPosition::LowerRight).draw().map_err(words)
    }
}

/// Without a fraction where there is none.
fn label(figure: &f64) -> String {
    if *figure >= 10.0 { format!("{figure:.0}") } else { format!("{figure:.1}") }
}

fn span(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    figures.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), figure| {
        (least.min(figure), most.max(figure))
    })
}

fn is_steep(least: f64, most: f64) -> bool {
    least > 0.0 && most / least > 20.0
}

fn words(error: impl std::fmt::Display) -> String {
    format!("a chart: {error}")
}
