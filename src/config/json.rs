//! `*.hcl.json`: the same language in JSON, as HCL's JSON specification has it.
//!
//! JSON does not tell blocks from arguments, so the schema does: what is known as a block
//! is read as one. Text is a template; keys of objects are too.

use super::declarations::labels_of;
use super::grammar;
use super::registry::Registry;
use crate::diag::{Diagnostic, Diagnostics, FileId, Span, code};
use crate::model::number::Number;
use crate::model::schema::{BlockSchema, NestedSchema};
use crate::model::value::Value;
use crate::syntax::ast::{Attribute, Block, Body, Expr, ExprKind, Name, ObjectKey};
use crate::syntax::json::{self, Node, NodeKind};
use crate::syntax::parse_template_in;

/// Parses a JSON file into the same tree as HCL.
pub(super) fn body(text: &str, file: FileId, registry: &dyn Registry) -> (Body, Diagnostics) {
    let mut reader = Reader {
        text,
        file,
        registry,
        diagnostics: Diagnostics::new(),
    };
    let whole = Span::new(file, 0..text.len());
    let mut body = Body::empty(whole);
    match json::parse(text) {
        Ok(Node {
            kind: NodeKind::Object(entries),
            ..
        }) => {
            for (key, range, node) in &entries {
                reader.top(key, Span::new(file, range.clone()), node, &mut body);
            }
        }
        Ok(_) => reader.error(whole, "A configuration in JSON is one object."),
        Err(error) => {
            let span = Span::new(file, error.at..error.at);
            reader.error(span, &format!("The file is not JSON: {}.", error.message));
        }
    }
    (body, reader.diagnostics)
}

/// Parses a JSON file of plain values: variables.
pub(super) fn values(text: &str, file: FileId) -> (Body, Diagnostics) {
    struct None;
    impl Registry for None {
        fn schema(&self, _: &str) -> Option<&BlockSchema> {
            Option::None
        }
        fn kinds(&self) -> Vec<&str> {
            Vec::new()
        }
        fn outputs(
            &self,
            _: &str,
            _: &crate::model::schema::EvaluatedBlock,
            _: &crate::model::Place,
        ) -> std::collections::BTreeMap<String, Value> {
            std::collections::BTreeMap::new()
        }
        fn output_names(&self, _: &str) -> Vec<&str> {
            Vec::new()
        }
    }
    let mut reader = Reader {
        text,
        file,
        registry: &None,
        diagnostics: Diagnostics::new(),
    };
    let whole = Span::new(file, 0..text.len());
    let mut body = Body::empty(whole);
    match json::parse(text) {
        Ok(Node {
            kind: NodeKind::Object(entries),
            ..
        }) => {
            for (key, range, node) in &entries {
                reader.attribute(
                    key,
                    Span::new(file, range.clone()),
                    node,
                    (false, false),
                    &mut body,
                );
            }
        }
        Ok(_) => reader.error(whole, "A file of variables in JSON is one object."),
        Err(error) => {
            let span = Span::new(file, error.at..error.at);
            reader.error(span, &format!("The file is not JSON: {}.", error.message));
        }
    }
    (body, reader.diagnostics)
}

struct Reader<'a> {
    text: &'a str,
    file: FileId,
    registry: &'a dyn Registry,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn error(&mut self, span: Span, detail: &str) {
        self.diagnostics
            .push(Diagnostic::error(code::SYNTAX, detail).at(span));
    }

    fn span(&self, node: &Node) -> Span {
        Span::new(self.file, node.range.clone())
    }

    fn top(&mut self, key: &str, span: Span, node: &Node, out: &mut Body) {
        if key == "//" {
            return;
        }
        let kind = Name {
            text: key.to_owned(),
            span,
        };
        let schema = self.registry.schema(key).or_else(|| grammar::of_language(key));
        let labels = match labels_of(key) {
            Some(labels) => labels,
            None if schema.is_some() => 1,
            None => {
                // Reported as an unknown block by whoever reads the tree.
                out.blocks.push(Block {
                    labels: Vec::new(),
                    body: Body::empty(span),
                    header: span,
                    span,
                    kind,
                });
                return;
            }
        };
        self.blocks(&kind, labels, &[], node, schema, out);
    }

    /// Blocks of one type: labels are the keys of nested objects, repeated blocks an array.
    fn blocks(
        &mut self,
        kind: &Name,
        labels: usize,
        before: &[Name],
        node: &Node,
        schema: Option<&BlockSchema>,
        out: &mut Body,
    ) {
        match &node.kind {
            NodeKind::Array(elements) => {
                for element in elements {
                    self.blocks(kind, labels, before, element, schema, out);
                }
            }
            NodeKind::Object(entries) if before.len() < labels => {
                for (label, range, inner) in entries {
                    let mut names = before.to_vec();
                    names.push(Name {
                        text: label.clone(),
                        span: Span::new(self.file, range.clone()),
                    });
                    self.blocks(kind, labels, &names, inner, schema, out);
                }
            }
            NodeKind::Object(entries) => {
                let span = self.span(node);
                let mut body = Body::empty(span);
                for (key, range, inner) in entries {
                    self.member(
                        kind,
                        key,
                        Span::new(self.file, range.clone()),
                        inner,
                        schema,
                        &mut body,
                    );
                }
                let header = before.last().map_or(kind.span, |l| l.span);
                out.blocks.push(Block {
                    kind: kind.clone(),
                    labels: before.to_vec(),
                    body,
                    header,
                    span,
                });
            }
            NodeKind::Null => {}
            _ => {
                let span = self.span(node);
                self.error(
                    span,
                    &format!("The block \"{}\" is written as an object.", kind.text),
                );
            }
        }
    }

    fn member(
        &mut self,
        parent: &Name,
        key: &str,
        span: Span,
        node: &Node,
        schema: Option<&BlockSchema>,
        out: &mut Body,
    ) {
        if key == "//" {
            return;
        }
        let kind = Name {
            text: key.to_owned(),
            span,
        };
        if let Some(nested) = schema.and_then(|s| s.block(key)) {
            return self.blocks(
                &kind,
                nested.schema.labels.len(),
                &[],
                node,
                Some(&nested.schema),
                out,
            );
        }
        // What a kind's own schema does not name, every resource may have.
        if key == "lifecycle" && self.registry.schema(&parent.text).is_some() {
            return self.blocks(&kind, 0, &[], node, Some(&grammar::lifecycle().schema), out);
        }
        if key == "dynamic"
            && schema.is_some_and(|s| !s.blocks.is_empty())
            && labels_of(&parent.text).is_none()
        {
            return self.dynamic(&kind, node, schema, out);
        }
        let literal = matches!(
            (parent.text.as_str(), key),
            ("variable", "type" | "description" | "default")
        );
        if parent.text == "variable" && key == "type" {
            return self.type_constraint(key, span, node, out);
        }
        let is_address = parent.text == "moved";
        self.attribute(key, span, node, (!literal, is_address), out);
    }

    /// `"dynamic": {"rule": {"for_each": …, "content": {…}}}`.
    fn dynamic(&mut self, kind: &Name, node: &Node, schema: Option<&BlockSchema>, out: &mut Body) {
        let elements = match &node.kind {
            NodeKind::Array(elements) => elements.iter().collect(),
            _ => vec![node],
        };
        for element in elements {
            let NodeKind::Object(entries) = &element.kind else {
                let span = self.span(element);
                self.error(
                    span,
                    "A dynamic block is written as an object whose key is the type of its blocks.",
                );
                continue;
            };
            for (label, range, made) in entries {
                let label = Name {
                    text: label.clone(),
                    span: Span::new(self.file, range.clone()),
                };
                // Its content has the members of what it makes; the rest is its own.
                let content = schema
                    .and_then(|s| s.block(&label.text))
                    .map(|nested| NestedSchema {
                        required: true,
                        repeated: false,
                        schema: BlockSchema {
                            name: "content",
                            labels: &[],
                            ..nested.schema.clone()
                        },
                    });
                let own = BlockSchema {
                    blocks: content.into_iter().collect(),
                    ..grammar::dynamic().clone()
                };
                self.blocks(kind, 1, std::slice::from_ref(&label), made, Some(&own), out);
            }
        }
    }

    /// A type is text that holds the constraint.
    fn type_constraint(&mut self, key: &str, span: Span, node: &Node, out: &mut Body) {
        let place = self.span(node);
        let NodeKind::String(text) = &node.kind else {
            return self.error(place, "A type is written as text: \"list(string)\".");
        };
        let (expr, said) = crate::syntax::parse_expression(text, FileId::NONE);
        if said.has_errors() {
            return self.error(place, &format!("\"{text}\" is no type."));
        }
        let name = Name {
            text: key.to_owned(),
            span,
        };
        out.attributes.push(Attribute {
            name,
            expr: Expr { span: place, ..expr },
            span: place,
        });
    }

    fn attribute(
        &mut self,
        key: &str,
        span: Span,
        node: &Node,
        (templates, is_address): (bool, bool),
        out: &mut Body,
    ) {
        if out.attributes.iter().any(|a| a.name.text == key) {
            self.diagnostics.push(
                Diagnostic::error(code::DUPLICATE, format!("The argument \"{key}\" is set twice.")).at(span),
            );
            return;
        }
        // References in depends_on and the like are text without ${ }.
        let references = matches!(key, "depends_on" | "ignore_changes" | "iterator") || is_address;
        let expr = if references {
            self.references(node)
        } else {
            self.expr(node, templates)
        };
        let name = Name {
            text: key.to_owned(),
            span,
        };
        out.attributes.push(Attribute {
            name,
            expr,
            span: self.span(node),
        });
    }

    fn references(&mut self, node: &Node) -> Expr {
        let span = self.span(node);
        match &node.kind {
            NodeKind::Array(elements) => Expr {
                kind: ExprKind::Tuple(elements.iter().map(|e| self.references(e)).collect()),
                span,
            },
            NodeKind::String(text) => {
                let (expr, said) = crate::syntax::parse_expression(text, FileId::NONE);
                if said.has_errors() {
                    self.error(span, "This is not a reference.");
                }
                Expr { span, ..expr }
            }
            _ => self.expr(node, false),
        }
    }

    fn expr(&mut self, node: &Node, templates: bool) -> Expr {
        let span = self.span(node);
        let kind = match &node.kind {
            NodeKind::Null => ExprKind::Literal(Value::null()),
            NodeKind::Bool(b) => ExprKind::Literal(Value::bool(*b)),
            NodeKind::Number(text) => match Number::parse(text) {
                Some(number) => ExprKind::Literal(Value::number(number)),
                None => {
                    self.error(span, "The number is too large to represent.");
                    ExprKind::Literal(Value::null())
                }
            },
            NodeKind::String(text) if templates => return self.template(text, node),
            NodeKind::String(text) => ExprKind::Literal(Value::string(text)),
            NodeKind::Array(elements) => {
                ExprKind::Tuple(elements.iter().map(|e| self.expr(e, templates)).collect())
            }
            NodeKind::Object(entries) => {
                let items = entries.iter().map(|(key, range, value)| {
                    let at = Node {
                        kind: NodeKind::String(key.clone()),
                        range: range.clone(),
                    };
                    let key = if templates {
                        ObjectKey::Expr(self.template(key, &at))
                    } else {
                        ObjectKey::Name(Name {
                            text: key.clone(),
                            span: self.span(&at),
                        })
                    };
                    (key, self.expr(value, templates))
                });
                ExprKind::Object(items.collect())
            }
        };
        Expr { kind, span }
    }

    /// Places inside are exact when the text has no escapes; otherwise they are the whole text's.
    fn template(&mut self, text: &str, node: &Node) -> Expr {
        let span = self.span(node);
        let inside = node.range.start + 1;
        let plain = self.text.get(inside..inside + text.len()) == Some(text);
        let (expr, said) = parse_template_in(text, if plain { self.file } else { FileId::NONE }, inside);
        for mut diagnostic in said {
            if !plain {
                diagnostic.span = Some(span);
            }
            self.diagnostics.push(diagnostic);
        }
        Expr { span, ..expr }
    }
}
