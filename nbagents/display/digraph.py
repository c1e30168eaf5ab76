"""The graph in Graphviz' language DOT.

Names are ours (`n0`, `n1`, ...), attributes are the few set here, and a label goes
in as escaped text only. Without the last, `<think>` would be read as markup; with
free attributes, `URL` and `fontname` would carry script into a page.
"""

from nbagents.display import look, safe
from nbagents.display.layout import Graph
from nbagents.display.source import View

_INCH = 72  # pixels, as Graphviz counts
_MOST_LABEL = 60  # characters


def skeleton(graph: Graph) -> str:
    """Return `graph` as boxes of fixed size, without any text."""
    import graphviz

    made = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR" if graph.sideways else "TB",
            "nodesep": "0.24",
            "ranksep": "0.46",
        },
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"dir": "none"},
    )
    for n, (width, height) in enumerate(graph.sizes):
        made.node(f"n{n}", width=f"{width / _INCH:.4f}", height=f"{height / _INCH:.4f}")
    made.edges((f"n{tail}", f"n{head}") for tail, head in graph.edges)
    return str(made.source)


def labelled(view: View) -> str:
    """Return the plan with a label and a colour for each task, for other programs."""
    import graphviz

    made = graphviz.Digraph(
        "plan",
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": "sans-serif"},
        edge_attr={"color": "#8b929c"},
    )
    names = {task.id: f"n{n}" for n, task in enumerate(view.plan)}
    for task in view.plan:
        how = look.TASK[view.task(task.id).status]
        lines = [f"{how.symbol} {_label(task.id)}", _label(task.agent)]
        lines += [_label(task.said)] if task.said else []
        # Escaped line by line: the "\n" between them is Graphviz' own escape.
        label = graphviz.nohtml("\\n".join(map(graphviz.escape, lines)))
        made.node(names[task.id], label, color=how.accent, fillcolor=how.fill)
    for task in view.plan:
        decides = None if task.when is None else task.when.task
        for need in task.dependencies:
            style = {"style": "dashed"} if need == decides else {}
            made.edge(names[need], names[task.id], **style)
    return str(made.source)


def _label(text: str) -> str:
    return safe.one_line(text, _MOST_LABEL)
