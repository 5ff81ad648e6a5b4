//! Just enough XML for AWS's answers: elements, attributes and text, no mixed content.

use std::fmt::Write as _;

/// An element with either children or text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The tag's name.
    pub name: String,
    /// Attributes as written, for namespaces.
    attributes: String,
    /// Elements inside.
    pub children: Vec<Element>,
    text: String,
}

impl Element {
    /// An element without content.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// An element that holds text.
    pub fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::new(name)
        }
    }

    /// Sets the namespace.
    #[must_use]
    pub fn namespace(mut self, uri: &str) -> Self {
        self.attributes = format!(" xmlns=\"{uri}\"");
        self
    }

    /// Adds a child.
    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Adds many.
    #[must_use]
    pub fn with(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// The text, trimmed.
    pub fn text(&self) -> String {
        self.text.trim().to_owned()
    }

    /// The first child of this name.
    pub fn get(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name, empty when there is none.
    pub fn value(&self, name: &str) -> String {
        self.get(name).map(Element::text).unwrap_or_default()
    }

    /// The first element of this name at any depth, this one included.
    pub fn find(&self, name: &str) -> Option<&Element> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// Calls `change` for each element of this name, at any depth.
    pub fn each_mut(&mut self, name: &str, change: &mut dyn FnMut(&mut Element)) {
        if self.name == name {
            change(self);
        }
        for child in &mut self.children {
            child.each_mut(name, change);
        }
    }

    /// Replaces the child of the same name, or adds it.
    pub fn set(&mut self, child: Element) {
        match self.children.iter_mut().find(|c| c.name == child.name) {
            Some(place) => *place = child,
            None => self.children.push(child),
        }
    }

    /// Removes the children of this name.
    pub fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// Reads a document; `None` when it isn't well-formed. Comments and processing
    /// instructions are skipped.
    pub fn parse(text: &str) -> Option<Self> {
        let mut open: Vec<Element> = Vec::new();
        let mut rest = text;
        loop {
            let (before, after) = rest.split_once('<')?;
            if let Some(element) = open.last_mut() {
                element.text.push_str(&unescape(before));
            }
            if let Some(comment) = after.strip_prefix("!--") {
                rest = comment.split_once("-->")?.1;
                continue;
            }
            let (tag, after) = after.split_once('>')?;
            rest = after;
            if tag.starts_with(['?', '!']) {
                continue;
            }
            if let Some(name) = tag.strip_prefix('/') {
                let done = open.pop()?;
                if done.name != name.trim() {
                    return None;
                }
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Some(done),
                }
                continue;
            }
            let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name_end = tag.find(char::is_whitespace).unwrap_or(tag.len());
            let (name, attributes) = tag.split_at_checked(name_end)?;
            let element = Element {
                name: name.to_owned(),
                attributes: attributes.trim_end().to_owned(),
                ..Element::default()
            };
            match (empty, open.last_mut()) {
                (false, _) => open.push(element),
                (true, Some(parent)) => parent.children.push(element),
                (true, None) => return Some(element),
            }
        }
    }

    /// The document with its declaration.
    pub fn document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = write!(out, "<{}{}", self.name, self.attributes);
        if self.children.is_empty() && self.text.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        if self.children.is_empty() {
            out.push_str(&escape(&self.text));
        }
        for child in &self.children {
            child.write(out);
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

/// Text that can stand in an element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((entity, after)) = after.split_once(';') else {
            out.push('&');
            out.push_str(after);
            return out;
        };
        rest = after;
        let number = entity
            .strip_prefix("#x")
            .map(|n| u32::from_str_radix(n, 16))
            .or(entity.strip_prefix('#').map(str::parse));
        match (entity, number) {
            ("amp", _) => out.push('&'),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("quot", _) => out.push('"'),
            ("apos", _) => out.push('\''),
            (_, Some(Ok(code))) => out.extend(char::from_u32(code)),
            _ => {}
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_survives_reading_and_writing() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A xmlns=\"https://x/\"><B>1 &lt; 2 &amp; &quot;3&quot;</B><C/><D><E>ü</E></D></A>";
        let parsed = Element::parse(text).unwrap();
        assert_eq!(parsed.value("B"), "1 < 2 & \"3\"");
        assert_eq!(parsed.document(), text);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["", "<A>", "<A></B>", "text", "<A><B></A></B>"] {
            assert_eq!(Element::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numeric_entities_and_indented_text() {
        let parsed = Element::parse("<A>\n  <B>&#65;&#x42;</B>\n</A>").unwrap();
        assert_eq!(parsed.value("B"), "AB");
        assert_eq!(parsed.document().lines().nth(1), Some("<A><B>AB</B></A>"));
    }
}
