namespace HotQuic.Load.Harness.Reporting;

/// <summary>The report's style sheet. Colours of lines keep apart on their ground, and from one another for most who see colours otherwise.</summary>
internal static class HtmlStyle
{
    /// <summary>The style sheet.</summary>
    public const string Sheet = """
        :root {
          color-scheme: light dark;
          --ground: #f6f7f9; --card: #ffffff; --ink: #1b2330; --faint: #5b6675; --rule: #dfe3e9; --axis: #8a94a3;
          --good: #18794e; --bad: #c62a2f; --notice: #fff3d6;
          --c0: #2563c9; --c1: #b8590b; --c2: #17804a; --c3: #b02a6b; --c4: #6d4bc3; --c5: #0e7c8c; --c6: #7a6a12; --c7: #565f6d;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #12161c; --card: #1b2129; --ink: #e6eaf0; --faint: #9aa6b5; --rule: #303945; --axis: #6c7888;
            --good: #4cc38a; --bad: #ff7b7f; --notice: #3b3113;
            --c0: #6ea8fe; --c1: #f5a05a; --c2: #5fd08f; --c3: #f084b7; --c4: #b39df3; --c5: #58c9d9; --c6: #d9c85a; --c7: #a9b4c2;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 24px 20px 48px; }
        h1 { font-size: 26px; margin: 0 0 4px; }
        h2 { font-size: 21px; margin: 30px 0 2px; }
        h3 { font-size: 15px; margin: 22px 0 6px; }
        header p, .facts { color: var(--faint); margin: 0 0 12px; }
        .notice { background: var(--notice); border-radius: 6px; padding: 8px 12px; }
        .tiles { display: flex; flex-wrap: wrap; gap: 10px; }
        .tile { flex: 1 1 150px; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 10px 14px; }
        .tile span, .tile small { display: block; color: var(--faint); font-size: 13px; }
        .tile strong { display: block; font-size: 21px; font-variant-numeric: tabular-nums; white-space: nowrap; }
        table { border-collapse: collapse; background: var(--card); border: 1px solid var(--rule); font-variant-numeric: tabular-nums; }
        th, td { padding: 5px 11px; text-align: right; white-space: nowrap; border-top: 1px solid var(--rule); }
        th:first-child { text-align: left; }
        tr:first-child th { color: var(--faint); font-weight: 500; border-top: 0; }
        .good { color: var(--good); }
        .bad { color: var(--bad); font-weight: 600; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(520px, 1fr)); gap: 14px; margin-top: 20px; }
        figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 8px; }
        svg { display: block; width: 100%; height: auto; font-size: 12px; }
        svg text { fill: var(--ink); }
        svg .title { font-size: 15px; font-weight: 600; }
        svg .tick { fill: var(--faint); font-variant-numeric: tabular-nums; }
        svg .label { fill: var(--faint); }
        svg .none { fill: var(--faint); text-anchor: middle; }
        svg .end { text-anchor: end; }
        svg .middle { text-anchor: middle; }
        svg .grid { stroke: var(--rule); }
        svg .axis { stroke: var(--axis); fill: none; }
        svg .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        svg .line.broad { stroke-width: 7; stroke-opacity: 0.35; }
        svg .line.s0 { stroke: var(--c0); } svg .dot.s0 { fill: var(--c0); }
        svg .line.s1 { stroke: var(--c1); } svg .dot.s1 { fill: var(--c1); }
        svg .line.s2 { stroke: var(--c2); } svg .dot.s2 { fill: var(--c2); }
        svg .line.s3 { stroke: var(--c3); } svg .dot.s3 { fill: var(--c3); }
        svg .line.s4 { stroke: var(--c4); } svg .dot.s4 { fill: var(--c4); }
        svg .line.s5 { stroke: var(--c5); } svg .dot.s5 { fill: var(--c5); }
        svg .line.s6 { stroke: var(--c6); } svg .dot.s6 { fill: var(--c6); }
        svg .line.s7 { stroke: var(--c7); } svg .dot.s7 { fill: var(--c7); }

        """;
}
