#include "ledger/archive/manifest.h"

#include <cinttypes>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "ledger/archive/files.h"
#include "ledger/archive/text_lines.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

constexpr absl::string_view kTitle = "bursar backup";
constexpr uint64_t kFormat = 1;

Hasher::Value DigestOfText(absl::string_view text) {
  Hasher digest;
  digest.Add(text);
  return digest.Take();
}

// "1 100 5231 2f0a..."
Segment SegmentOf(const std::string& text, TextLines& lines) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  Segment segment;
  const auto hash = parts.size() == 4 ? HashOfText(parts[3]) : std::nullopt;
  const bool read = hash.has_value() && absl::SimpleAtoi(parts[0], &segment.first) &&
                    absl::SimpleAtoi(parts[1], &segment.last) && absl::SimpleAtoi(parts[2], &segment.bytes);
  if (read) segment.digest = *hash;
  if (!read) lines.Fail();
  return segment;
}

bool IsWithoutGaps(const Manifest& manifest) {
  Position last = 0;
  for (const Segment& segment : manifest.segments) {
    if (segment.first != last + 1 || segment.last < segment.first) return false;
    last = segment.last;
  }
  return last == manifest.end.position;
}

}  // namespace

std::string Segment::name() const { return absl::StrFormat("%020d-%020d.bursarlog", first, last); }

absl::StatusOr<Manifest> ReadManifest(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/manifest");
  const absl::StatusOr<std::string> text = ReadWholeFile(path);
  if (absl::IsNotFound(text.status())) return absl::NotFoundError(absl::StrCat("There is no backup in ", folder, "."));
  if (!text.ok()) return text.status();
  TextLines lines(*text);
  const uint64_t format = lines.Number(kTitle);
  if (lines.ok() && format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " has format ", format, ", which this version of Bursar does not know; it reads ", kFormat, "."));
  }
  Manifest manifest;
  manifest.identity.store_id = lines.Text("store");
  manifest.identity.epoch = lines.Number("epoch");
  manifest.time = lines.Time("time");
  manifest.end.position = lines.Number("position");
  manifest.end.hash = lines.Hash("hash");
  manifest.end_time = lines.Time("entry-time");
  while (lines.ok() && lines.HasNext("segment")) {
    manifest.segments.push_back(SegmentOf(lines.Text("segment"), lines));
  }
  const std::string what(lines.read());
  const Hasher::Value digest = lines.Hash("sha256");
  const bool whole = lines.ok() && lines.left().empty() && digest == DigestOfText(what) && IsWithoutGaps(manifest);
  if (!whole) return absl::DataLossError(absl::StrCat(path, " is damaged: it is not what was written."));
  return manifest;
}

absl::Status WriteManifest(const std::string& folder, const Manifest& manifest) {
  std::string text =
      absl::StrCat(kTitle, " ", kFormat, "\nstore ", manifest.identity.store_id, "\nepoch ", manifest.identity.epoch,
                   "\ntime ", TimeText(manifest.time), "\nposition ", manifest.end.position, "\nhash ",
                   HashText(manifest.end.hash), "\nentry-time ", TimeText(manifest.end_time), "\n");
  for (const Segment& segment : manifest.segments) {
    absl::StrAppend(&text, "segment ", segment.first, " ", segment.last, " ", segment.bytes, " ",
                    HashText(segment.digest), "\n");
  }
  absl::StrAppend(&text, "sha256 ", HashText(DigestOfText(text)), "\n");
  return WriteWholeFile(absl::StrCat(folder, "/manifest"), text);
}

}  // namespace bursar
