//! Diagnostics as text for a terminal (through miette) and as JSON.

use super::excerpt::Excerpt;
use super::{Diagnostic, Diagnostics, Location, Severity, Sources, escape};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan};

/// Nobody reads more than so many; a file that is no HCL at all has one for every line.
const MOST: usize = 100;

/// How to draw.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Use colour.
    pub color: bool,
    /// Columns to wrap at.
    pub width: usize,
}

/// Renders every diagnostic with the source line it points to.
pub fn text(diagnostics: &Diagnostics, sources: &Sources, style: Style) -> String {
    let theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        .with_links(false);
    let mut out = String::new();
    let count = diagnostics.iter().count();
    let is_error = |d: &&Diagnostic| d.severity == Severity::Error;
    let shown: Vec<&Diagnostic> = if count <= MOST {
        diagnostics.iter().collect()
    } else {
        // A warning takes no error's place.
        let errors = diagnostics.iter().filter(is_error);
        let others = diagnostics.iter().filter(|d| !is_error(d));
        errors.chain(others).take(MOST).collect()
    };
    for diagnostic in &shown {
        let report = Report::new(diagnostic, sources);
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&diagnostic.summary);
            out.push('\n');
        }
        out.push('\n');
    }
    if count > shown.len() {
        out.push_str(&format!(
            "{} more are not shown; correct these first, or read all of them as JSON: backstay validate --json\n\n",
            count - shown.len()
        ));
    }
    out
}

/// A diagnostic as `--json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Json {
    /// `error` or `warning`.
    pub severity: String,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub summary: String,
    /// Why.
    pub detail: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Where it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Location>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Location>,
}

/// What a command prints as JSON when it comes to no result.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct Failed {
    /// What is wrong, with the places.
    pub diagnostics: Vec<Json>,
}

/// All of them, in place of a result.
pub fn failed(diagnostics: &Diagnostics, sources: &Sources) -> Failed {
    Failed {
        diagnostics: diagnostics.iter().map(|d| json(d, sources)).collect(),
    }
}

/// The machine-readable form.
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> Json {
    Json {
        severity: match diagnostic.severity {
            Severity::Error => "error".into(),
            Severity::Warning => "warning".into(),
        },
        code: diagnostic.code.id().into(),
        summary: diagnostic.summary.to_string(),
        detail: diagnostic.detail.clone(),
        remedy: diagnostic.remedy.clone(),
        start: diagnostic.span.map(|s| sources.location(s)),
        end: diagnostic
            .span
            .map(|s| sources.location(super::Span { start: s.end, ..s })),
    }
}

/// Texts of ours have lines; what acts on a terminal in them comes from elsewhere.
fn lines(text: &str) -> String {
    text.lines().map(escape::line).collect::<Vec<_>>().join("\n")
}

/// One diagnostic in miette's terms. One label only: overlapping ones draw badly.
#[derive(Debug)]
struct Report {
    message: String,
    code: &'static str,
    severity: miette::Severity,
    help: Option<String>,
    label: Option<LabeledSpan>,
    source: Option<Excerpt>,
}

impl Report {
    fn new(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let mut help = lines(diagnostic.remedy.as_deref().unwrap_or_default());
        for (span, text) in &diagnostic.related {
            let at = sources.location(*span);
            if !help.is_empty() {
                help.push('\n');
            }
            help.push_str(&format!(
                "{}:{}:{}: {}",
                at.file,
                at.line,
                at.column,
                escape::line(text)
            ));
        }
        let excerpt = diagnostic.span.map(|span| Excerpt::of(span, sources));
        let (source, label) = excerpt.unzip();
        Self {
            message: lines(&format!("{}: {}", diagnostic.summary, diagnostic.detail)),
            code: diagnostic.code.id(),
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            help: (!help.is_empty()).then_some(help),
            label: label.map(|span| LabeledSpan::new_with_span(None, span)),
            source,
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|h| Box::new(h) as Box<dyn std::fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|s| s as &dyn miette::SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label
            .clone()
            .map(|l| Box::new(std::iter::once(l)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
