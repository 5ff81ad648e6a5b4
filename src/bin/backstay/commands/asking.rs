//! Asking the user, without keeping anything else from going on meanwhile.

use crate::terminal::Terminal;
use std::io::{self, BufRead};
use tokio::sync::oneshot;

/// Whether the answer is "yes"; `None` when nobody answers.
pub(crate) async fn yes(question: &str, terminal: Terminal) -> Option<bool> {
    terminal.print(&format!(
        "\n{question} Only \"yes\" will be accepted.\n\n  Enter a value: "
    ));
    let (tell, told) = oneshot::channel();
    // A thread of its own: one of the runtime's would keep it from ending while nobody answers.
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        // Whoever asked may have gone.
        let _ = tell.send(read.is_ok_and(|n| n > 0).then(|| answer.trim() == "yes"));
    });
    let answer = told.await.ok().flatten();
    terminal.print("\n");
    answer
}
