#include "services/cli/charts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "services/cli/text.h"

namespace bursar::cli {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  lines.pop_back();
  return lines;
}

TEST(BarChart, DrawsTheLargestAsWideAsThereIsRoom) {
  const std::string chart = BarChart({{.label = "ada", .value = 100, .text = "100"},
                                      {.label = "bob", .value = 50, .text = "50"},
                                      {.label = "eve", .value = 0, .text = "0"}},
                                     {.width = 30});
  EXPECT_EQ(chart,
            "ada  ████████████████████  100\n"
            "bob  ██████████             50\n"
            "eve                          0\n");
}

TEST(BarChart, ShowsAtLeastATraceOfWhatIsThere) {
  const std::string chart = BarChart(
      {{.label = "a", .value = 1'000'000'000, .text = "x"}, {.label = "b", .value = 1, .text = "x"}}, {.width = 40});
  EXPECT_NE(Lines(chart)[1].find("▏"), std::string::npos);
}

TEST(ColumnChart, FitsItsWidthWithAnyNumberOfValues) {
  for (const int count : {1, 2, 7, 31, 90, 365, 1'000}) {
    std::vector<ChartValue> values;
    for (int i = 0; i < count; ++i) {
      values.push_back({.label = absl::StrCat("2026-", i), .value = (i * 37) % 101, .text = absl::StrCat(i, " USD")});
    }
    for (const int width : {40, 80, 200}) {
      for (const std::string& line : Lines(ColumnChart(values, false, {.width = width}))) {
        EXPECT_LE(Width(line), static_cast<size_t>(width)) << count << " in " << width;
      }
    }
  }
}

TEST(ColumnChart, IsColoredOnlyWhereAsked) {
  const std::vector<ChartValue> values = {{.label = "a", .value = 1, .text = "1"}};
  EXPECT_EQ(ColumnChart(values, false, {.width = 40}).find('\x1b'), std::string::npos);
  EXPECT_NE(ColumnChart(values, false, {.width = 40, .color = true}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace bursar::cli
