#include "launch/report/page.h"

#include <fmt/format.h>

#include "launch/drawing/svg.h"

namespace tutti {
namespace {

using drawing::escaped;

constexpr const char* kStyle = R"css(
:root{color-scheme:light dark;--paper:#ffffff;--panel:#f4f6f8;--rule:#e2e6eb;--text:#1c2026;
--soft:#5c646e;--accent:#0068ab;--warn:#b34700;--good:#00704f}
@media (prefers-color-scheme: dark){:root{--paper:#16191e;--panel:#20242b;--rule:#343a43;
--text:#e6eaef;--soft:#a0a8b2;--accent:#58ace6;--warn:#f79250;--good:#42c99e}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);
font:15px/1.5 system-ui,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:1260px;margin:0 auto;padding:28px 16px 48px}
h1{font-size:26px;line-height:1.2;margin:0 0 6px;font-weight:650}
h2{font-size:18px;margin:44px 0 4px;padding-top:14px;border-top:1px solid var(--rule);font-weight:650}
p{margin:6px 0 12px;max-width:78ch}
.lead{font-size:16px;color:var(--soft)}
.facts{display:flex;flex-wrap:wrap;gap:8px 36px;margin:20px 0 4px}
.facts div{min-width:84px}
.facts b{display:block;font-size:24px;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.facts span{color:var(--soft);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,360px),1fr));gap:20px 24px;
margin:14px 0}
figure{margin:0;min-width:0}
figure.wide{grid-column:1/-1}
figure.wide div{overflow-x:auto}
figcaption{color:var(--soft);font-size:13px;max-width:60ch;margin-top:4px}
svg{display:block;max-width:100%;height:auto}
figure.wide svg{max-width:none}
.note,.good{border-left:4px solid var(--warn);background:var(--panel);padding:10px 14px;
margin:10px 0;border-radius:0 6px 6px 0;max-width:90ch}
.good{border-color:var(--good)}
.note b{color:var(--warn)}
.note p{margin:2px 0}
.scroll{overflow-x:auto;margin:10px 0}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{text-align:left;padding:5px 18px 5px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--soft);font-weight:500}
details{margin:10px 0}
summary{cursor:pointer;color:var(--accent)}
pre{background:var(--panel);padding:12px;border-radius:6px;overflow-x:auto;font-size:13px;
line-height:1.45}
footer{margin-top:48px;color:var(--soft);font-size:13px}
)css";

}  // namespace

void Page::in_grid(bool inside) {
  if (inside == grid_) return;
  body_ += inside ? "<div class=\"grid\">\n" : "</div>\n";
  grid_ = inside;
}

void Page::lead(const std::string& text) {
  lead_ += fmt::format("<p class=\"lead\">{}</p>\n", escaped(text));
}

void Page::fact(const std::string& value, const std::string& name) {
  facts_ += fmt::format("<div><b>{}</b><span>{}</span></div>\n", escaped(value), escaped(name));
}

void Page::section(const std::string& title, const std::string& text) {
  in_grid(false);
  body_ += fmt::format("<h2>{}</h2>\n", escaped(title));
  if (!text.empty()) paragraph(text);
}

void Page::paragraph(const std::string& text) {
  in_grid(false);
  body_ += fmt::format("<p>{}</p>\n", escaped(text));
}

void Page::note(const std::string& title, const std::string& text, const std::string& remedy) {
  in_grid(false);
  body_ += fmt::format("<div class=\"note\"><b>{}</b><p>{}</p><p>Remedy: {}</p></div>\n",
                       escaped(title), escaped(text), escaped(remedy));
}

void Page::good(const std::string& text) {
  in_grid(false);
  body_ += fmt::format("<div class=\"good\">{}</div>\n", escaped(text));
}

void Page::table(const std::vector<std::string>& head,
                 const std::vector<std::vector<std::string>>& rows) {
  in_grid(false);
  const auto row = [](const std::vector<std::string>& cells, const char* tag) {
    std::string text = "<tr>";
    for (const auto& cell : cells) text += fmt::format("<{}>{}</{}>", tag, escaped(cell), tag);
    return text + "</tr>\n";
  };
  body_ += "<div class=\"scroll\"><table>\n" + row(head, "th");
  for (const auto& cells : rows) body_ += row(cells, "td");
  body_ += "</table></div>\n";
}

void Page::figure(const std::string& name, drawing::Picture picture, const std::string& caption,
                  bool wide) {
  in_grid(true);
  body_ += fmt::format(
      "<figure{}><div>{}</div>{}</figure>\n", wide ? " class=\"wide\"" : "", to_inline_svg(picture),
      caption.empty() ? std::string()
                      : fmt::format("<figcaption>{}</figcaption>", escaped(caption)));
  pictures_.emplace_back(name, std::move(picture));
}

void Page::folded(const std::string& title, const std::string& text) {
  in_grid(false);
  body_ += fmt::format("<details><summary>{}</summary><pre>{}</pre></details>\n", escaped(title),
                       escaped(text));
}

void Page::foot(const std::string& text) { foot_ += escaped(text) + "<br>\n"; }

std::string Page::html() const {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{}{}</style>\n</head>\n"
      "<body>\n<main>\n<header>\n<h1>{}</h1>\n{}<div class=\"facts\">\n{}</div>\n</header>\n{}{}"
      "<footer>{}</footer>\n</main>\n</body>\n</html>\n",
      escaped(title_), kStyle, drawing::ink_rules(), escaped(title_), lead_, facts_, body_,
      grid_ ? "</div>\n" : "", foot_);
}

}  // namespace tutti
