//! Diagnostics as text for a terminal (through miette) and as JSON.

use super::{Diagnostic, Diagnostics, Location, Severity, Sources, Span, escape};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

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
    for diagnostic in diagnostics.iter() {
        let report = Report::new(diagnostic, sources);
        if handler.render_report(&mut out, &report).is_err() {
            out.push_str(&diagnostic.summary);
            out.push('\n');
        }
        out.push('\n');
    }
    out
}

/// A diagnostic as `--json` prints it.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Where it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Location>,
    /// Where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
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
            .map(|s| sources.location(Span { start: s.end, ..s })),
    }
}

/// Texts of ours have lines; what acts on a terminal in them comes from elsewhere.
fn lines(text: &str) -> String {
    text.lines().map(escape::line).collect::<Vec<_>>().join("\n")
}

/// Longest line that is drawn with its number and a mark below.
const LONGEST_LINE: usize = 1000;

/// Whether a line that would be drawn for a span is too long: its own, or one beside it.
fn is_long(span: Span, sources: &Sources) -> bool {
    let text = sources.text(span.file);
    let (start, end) = (span.start as usize, span.end as usize);
    let before = text.get(..start).unwrap_or("").rsplit('\n').take(2);
    let within = text.get(start..end).unwrap_or("").split('\n');
    let after = text.get(end..).unwrap_or("").split('\n').take(2);
    // The parts of one line that meet in the span are each judged alone, which is near enough.
    before
        .chain(within)
        .chain(after)
        .any(|part| part.len() > LONGEST_LINE)
}

/// A little of what stands around a span, on one line.
fn around(span: Span, sources: &Sources) -> String {
    const BESIDE: usize = 40;
    let text = sources.text(span.file);
    let before = text.get(..span.start as usize).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let skipped = line.chars().count().saturating_sub(BESIDE);
    let head = line.chars().skip(skipped);
    let tail = text
        .get(span.start as usize..)
        .unwrap_or("")
        .lines()
        .next()
        .unwrap_or("");
    escape::line(&head.chain(tail.chars().take(2 * BESIDE)).collect::<String>())
}

/// One diagnostic in miette's terms. One label only: overlapping ones draw badly.
#[derive(Debug)]
struct Report {
    message: String,
    code: &'static str,
    severity: miette::Severity,
    help: Option<String>,
    label: Option<LabeledSpan>,
    source: Option<NamedSource<String>>,
}

impl Report {
    fn new(diagnostic: &Diagnostic, sources: &Sources) -> Self {
        let mut help = lines(diagnostic.remedy.as_deref().unwrap_or_default());
        // Lines of such length are drawn by nobody; what stands around the place is.
        let excerpt = diagnostic.span.filter(|s| is_long(*s, sources));
        let quoted = diagnostic.span.filter(|_| excerpt.is_none());
        if let Some(span) = excerpt {
            let at = sources.location(span);
            let text = around(span, sources);
            help = format!("{}:{}:{}: … {text} …\n{help}", at.file, at.line, at.column);
        }
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
        Self {
            message: lines(&format!("{}: {}", diagnostic.summary, diagnostic.detail)),
            code: diagnostic.code.id(),
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            help: (!help.is_empty()).then_some(help),
            label: quoted.map(|s| {
                let length = s.end.saturating_sub(s.start) as usize;
                LabeledSpan::new_with_span(None, (s.start as usize, length))
            }),
            source: quoted.map(|s| NamedSource::new(sources.name(s.file), sources.text(s.file).to_string())),
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
