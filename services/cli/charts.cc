#include "services/cli/charts.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "services/cli/text.h"

namespace bursar::cli {
namespace {

constexpr int kEighths = 8;
constexpr int kRows = 8;
// Of a bar chart's labels and of the narrowest bar.
constexpr size_t kMostLabel = 32;
constexpr int kLeastBar = 10;

constexpr const char* kAcross[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
constexpr const char* kUp[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string Colored(const std::string& text, const Canvas& canvas) {
  return canvas.color && !text.empty() ? absl::StrCat("\x1b[36m", text, "\x1b[0m") : text;
}

int64_t Largest(const std::vector<ChartValue>& values) {
  int64_t largest = 0;
  for (const ChartValue& value : values) largest = std::max(largest, value.value);
  return largest;
}

// How many of `full` eighths the value fills; at least one where there is anything.
int Filled(int64_t value, int64_t largest, int full) {
  if (value <= 0 || largest <= 0) return 0;
  return std::max(1, static_cast<int>(absl::int128(value) * full / largest));
}

std::string Bar(int eighths) {
  std::string bar;
  for (int i = 0; i < eighths / kEighths; ++i) bar += kAcross[kEighths];
  return bar + kAcross[eighths % kEighths];
}

// At most `room` of them, neighbours joined.
std::vector<ChartValue> Joined(const std::vector<ChartValue>& values, size_t room, bool is_level) {
  const size_t each = (values.size() + room - 1) / room;
  if (each <= 1) return values;
  std::vector<ChartValue> joined;
  for (size_t i = 0; i < values.size(); i += each) {
    ChartValue& column = joined.emplace_back(values[i]);
    for (size_t j = i + 1; j < std::min(values.size(), i + each) && !is_level; ++j) column.value += values[j].value;
  }
  return joined;
}

}  // namespace

std::string BarChart(const std::vector<ChartValue>& values, const Canvas& canvas) {
  size_t label_width = 0;
  size_t text_width = 0;
  for (const ChartValue& value : values) {
    label_width = std::max(label_width, std::min(kMostLabel, Width(value.label)));
    text_width = std::max(text_width, Width(value.text));
  }
  const int room = std::max(kLeastBar, canvas.width - static_cast<int>(label_width + text_width) - 4);
  const int64_t largest = Largest(values);
  std::string chart;
  for (const ChartValue& value : values) {
    const std::string bar = Bar(Filled(value.value, largest, room * kEighths));
    const std::string space(static_cast<size_t>(room) - std::min(static_cast<size_t>(room), Width(bar)), ' ');
    absl::StrAppend(&chart, Padded(Shortened(value.label, kMostLabel), label_width), "  ", Colored(bar, canvas), space,
                    "  ", Padded(value.text, text_width, true), "\n");
  }
  return chart;
}

std::string ColumnChart(const std::vector<ChartValue>& values, bool is_level, const Canvas& canvas) {
  if (values.empty()) return "";
  const ChartValue& highest = *std::max_element(
      values.begin(), values.end(), [](const ChartValue& a, const ChartValue& b) { return a.value < b.value; });
  const size_t axis = Width(highest.text);
  const size_t room = static_cast<size_t>(std::max(kLeastBar, canvas.width - static_cast<int>(axis) - 3));
  const std::vector<ChartValue> columns = Joined(values, room, is_level);
  const size_t each = std::clamp<size_t>(room / columns.size(), 1, 6);
  const size_t gap = each >= 3 ? 1 : 0;
  const int64_t largest = Largest(columns);

  std::string chart;
  for (int row = kRows - 1; row >= 0; --row) {
    std::string line;
    for (const ChartValue& column : columns) {
      const int level = std::clamp(Filled(column.value, largest, kRows * kEighths) - row * kEighths, 0, kEighths);
      for (size_t i = 0; i < each - gap; ++i) line += kUp[level];
      line.append(gap, ' ');
    }
    const std::string label = row == kRows - 1 && columns.size() == values.size() ? highest.text : row == 0 ? "0" : "";
    absl::StrAppend(&chart, Padded(label, axis, true), " │", Colored(line, canvas), "\n");
  }
  const size_t width = columns.size() * each;
  std::string rule;
  for (size_t i = 0; i < width; ++i) rule += "─";
  absl::StrAppend(&chart, std::string(axis, ' '), " └", rule, "\n");
  const std::string& first = values.front().label;
  const std::string& last = values.back().label;
  const size_t used = Width(first) + Width(last);
  absl::StrAppend(&chart, std::string(axis + 2, ' '), first,
                  values.size() == 1 ? "" : std::string(width > used ? width - used : 1, ' ') + last, "\n");
  return chart;
}

}  // namespace bursar::cli
