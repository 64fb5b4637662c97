#include "tests/sim/trace.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/laws/dice.h"

namespace bursar::sim {
namespace {

template <size_t Size>
void Fill(std::array<uint8_t, Size>& record, absl::string_view bytes) {
  std::copy_n(bytes.begin(), std::min(Size, bytes.size()), record.begin());
}

template <size_t Size>
absl::string_view BytesOf(const std::array<uint8_t, Size>& record) {
  return {reinterpret_cast<const char*>(record.data()), Size};
}

bool IsHex(absl::string_view text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

Trace Trace::OfBytes(absl::string_view bytes) {
  Trace trace;
  Fill(trace.world, bytes.substr(0, kWorldBytes));
  for (size_t at = kWorldBytes; at < bytes.size(); at += kStepBytes) {
    Fill(trace.steps.emplace_back(), bytes.substr(at, kStepBytes));
  }
  return trace;
}

std::string Trace::bytes() const {
  std::string bytes(BytesOf(world));
  for (const auto& step : steps) absl::StrAppend(&bytes, BytesOf(step));
  return bytes;
}

absl::StatusOr<Trace> Trace::OfText(absl::string_view text) {
  std::string bytes;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (!IsHex(line)) return absl::InvalidArgumentError(absl::StrCat("This is no line of a trace: ", line));
    absl::StrAppend(&bytes, absl::HexStringToBytes(line));
  }
  return OfBytes(bytes);
}

std::string Trace::text(absl::string_view comment) const {
  std::string text;
  for (absl::string_view line : absl::StrSplit(comment, '\n')) absl::StrAppend(&text, "# ", line, "\n");
  absl::StrAppend(&text, absl::BytesToHexString(BytesOf(world)), "\n");
  for (const auto& step : steps) absl::StrAppend(&text, absl::BytesToHexString(BytesOf(step)), "\n");
  return text;
}

absl::StatusOr<Trace> Trace::Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat("The trace ", path, " cannot be read."));
  return OfText(text.str());
}

absl::Status Trace::Write(const std::string& path, absl::string_view comment) const {
  std::ofstream file(path);
  file << text(comment);
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat("The trace ", path, " cannot be written."));
  return absl::OkStatus();
}

Trace Trace::OfSeed(uint64_t seed, size_t steps) {
  laws::Dice dice(seed);
  Trace trace;
  Fill(trace.world, dice.Bytes(kWorldBytes));
  trace.steps.resize(steps);
  for (auto& step : trace.steps) {
    const uint64_t roll = dice.Next();
    for (size_t i = 0; i < kStepBytes; ++i) step[i] = static_cast<uint8_t>(roll >> (8 * i));
  }
  return trace;
}

}  // namespace bursar::sim
