#include "services/cli/svg.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace bursar::cli {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 190;
constexpr double kTop = 22;
constexpr double kBase = 164;
// No more labels than fit below the columns.
constexpr size_t kMostLabels = 6;

}  // namespace

std::string EscapedForHtml(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string SvgColumns(const std::vector<ChartValue>& values, const std::string& title) {
  if (values.empty()) return "";
  const ChartValue& highest = *std::max_element(
      values.begin(), values.end(), [](const ChartValue& a, const ChartValue& b) { return a.value < b.value; });
  const double largest = static_cast<double>(std::max<int64_t>(highest.value, 1));
  const double slot = kWidth / static_cast<double>(values.size());
  const double column = std::min(40.0, slot * 0.72);
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">\n"
      "<line class=\"grid\" x1=\"0\" x2=\"%g\" y1=\"%g\" y2=\"%g\"/>\n"
      "<line class=\"axis\" x1=\"0\" x2=\"%g\" y1=\"%g\" y2=\"%g\"/>\n"
      "<text class=\"scale\" x=\"0\" y=\"%g\">%s</text>\n",
      kWidth, kHeight, EscapedForHtml(title), kWidth, kTop, kTop, kWidth, kBase, kBase, kTop - 8,
      EscapedForHtml(highest.value > 0 ? highest.text : ""));
  const size_t each = (values.size() + kMostLabels - 1) / kMostLabels;
  for (size_t i = 0; i < values.size(); ++i) {
    const ChartValue& value = values[i];
    const double middle = slot * (static_cast<double>(i) + 0.5);
    const double height =
        value.value <= 0 ? 0 : std::max(1.0, (kBase - kTop) * static_cast<double>(value.value) / largest);
    absl::StrAppendFormat(
        &svg,
        "<rect class=\"column\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s: %s</title></rect>\n",
        middle - column / 2, kBase - height, column, height, EscapedForHtml(value.label), EscapedForHtml(value.text));
    if (i % each == 0) {
      const char* anchor = i == 0 ? "start" : "middle";
      absl::StrAppendFormat(&svg, "<text class=\"label\" x=\"%.1f\" y=\"%g\" text-anchor=\"%s\">%s</text>\n",
                            i == 0 ? middle - column / 2 : middle, kBase + 18, anchor, EscapedForHtml(value.label));
    }
  }
  return svg + "</svg>\n";
}

std::string SvgBar(double share) {
  return absl::StrFormat(
      "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      "<rect class=\"column\" x=\"0\" y=\"0\" width=\"%.1f\" height=\"10\"/></svg>",
      100 * std::clamp(share, 0.0, 1.0));
}

}  // namespace bursar::cli
