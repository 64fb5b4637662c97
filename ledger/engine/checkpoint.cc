#include "ledger/engine/checkpoint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/base/big_endian.h"
#include "ledger/base/check.h"
#include "ledger/base/hasher.h"
#include "ledger/domain/canonical.h"
#include "ledger/log/block.h"

namespace bursar {
namespace {

// A file is a header, the state's bytes, and the SHA-256 of both. The header says: what kind of file, the version of
// the rules, the SHA-256 of the state's layout, position and hash of the block, and the time of its last entry.
constexpr absl::string_view kMagic("bursarck", 8);
// Of the rules and of this format. Raise it where Evolve makes another state of the same entries than before; another
// set of members is noticed by itself.
constexpr uint64_t kVersion = 1;
constexpr size_t kHashSize = 32;
constexpr size_t kHeaderSize = 8 + kBigEndianSize + kHashSize + kBigEndianSize + kHashSize + kBigEndianSize;
constexpr size_t kPiece = 1 << 20;
constexpr size_t kKept = 2;
constexpr char kEnding[] = ".ckpt";
constexpr char kUnfinished[] = ".ckpt.tmp";

Hasher::Value HashOfLayout() {
  Hasher digest;
  digest.Add(StateLayout());
  return digest.Take();
}

std::string HeaderOf(const LogEnd& end, absl::Time time) {
  return absl::StrCat(kMagic, BigEndian(kVersion), BytesOf(HashOfLayout()), BigEndian(end.position), BytesOf(end.hash),
                      BigEndian(static_cast<uint64_t>(absl::ToUnixMicros(time))));
}

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, " could not be ", what, ": ", std::strerror(errno), "."));
}

// An open file; errors name it.
class File {
 public:
  File(std::string path, int flags)
      : path_(std::move(path)), file_(open(path_.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;

  bool is_open() const { return file_ >= 0; }
  const std::string& path() const { return path_; }

  absl::Status Write(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("written", path_);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  // Fewer bytes at the end only.
  absl::StatusOr<size_t> Read(char* to, size_t size) {
    size_t done = 0;
    while (done < size) {
      const ssize_t got = read(file_, to + done, size - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed("read", path_);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  absl::StatusOr<size_t> Size() const {
    struct stat about = {};
    if (fstat(file_, &about) != 0) return Failed("read", path_);
    return static_cast<size_t>(about.st_size);
  }

  absl::Status Sync() { return fsync(file_) == 0 ? absl::OkStatus() : Failed("written", path_); }

 private:
  const std::string path_;
  const int file_;
};

std::string PathOf(const std::string& folder, Position position, const char* ending) {
  return absl::StrCat(folder, "/", position, ending);
}

absl::Status WriteUnfinished(const std::string& path, const State& state, const LogEnd& end,
                             const Interrupted& interrupted) {
  File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return Failed("written", path);
  Hasher digest;
  const auto put = [&](absl::string_view bytes) -> absl::Status {
    if (interrupted && interrupted()) return absl::CancelledError("It was interrupted.");
    digest.Add(bytes);
    return file.Write(bytes);
  };
  if (absl::Status written = put(HeaderOf(end, state.time)); !written.ok()) return written;
  if (absl::Status written = WriteState(state, put); !written.ok()) return written;
  if (absl::Status written = file.Write(BytesOf(digest.Take())); !written.ok()) return written;
  return file.Sync();
}

absl::Status SyncFolder(const std::string& folder) {
  File file(folder, O_RDONLY | O_DIRECTORY);
  return file.is_open() ? file.Sync() : Failed("written", folder);
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("The folder ", folder, " cannot be made: ", error.message(), "."));
}

void RemoveOld(const std::string& folder) {
  std::error_code ignored;
  const std::vector<Position> positions = CheckpointsIn(folder);
  for (size_t i = kKept; i < positions.size(); ++i) {
    std::filesystem::remove(PathOf(folder, positions[i], kEnding), ignored);
  }
  // What a crash left behind.
  std::vector<std::filesystem::path> unfinished;
  for (std::filesystem::directory_iterator file(folder, ignored), end; file != end; file.increment(ignored)) {
    if (absl::EndsWith(file->path().filename().string(), kUnfinished)) unfinished.push_back(file->path());
  }
  for (const std::filesystem::path& path : unfinished) std::filesystem::remove(path, ignored);
}

// Gives the bytes of a file between its header and its digest, and checks that digest.
class Content {
 public:
  Content(File& file, size_t size, const std::string& header, const Interrupted& interrupted)
      : file_(file), left_(size), interrupted_(interrupted), piece_(kPiece, '\0') {
    digest_.Add(header);
  }

  absl::string_view Next() {
    if (left_ == 0 || !status_.ok()) return {};
    if (interrupted_ && interrupted_()) status_ = absl::CancelledError("It was interrupted.");
    if (!status_.ok()) return {};
    const absl::StatusOr<size_t> got = file_.Read(piece_.data(), std::min(left_, piece_.size()));
    if (!got.ok()) status_ = got.status();
    if (!status_.ok()) return {};
    const absl::string_view piece(piece_.data(), *got);
    if (piece.empty()) left_ = 0;
    left_ -= piece.size();
    digest_.Add(piece);
    return piece;
  }

  // After the last piece.
  absl::Status Check() {
    if (!status_.ok()) return status_;
    std::string stored(kHashSize, '\0');
    const absl::StatusOr<size_t> got = file_.Read(stored.data(), stored.size());
    if (!got.ok()) return got.status();
    if (*got == kHashSize && stored == BytesOf(digest_.Take())) return absl::OkStatus();
    return absl::DataLossError("its digest is another one.");
  }
  const absl::Status& status() const { return status_; }

 private:
  File& file_;
  size_t left_;
  const Interrupted& interrupted_;
  std::string piece_;
  Hasher digest_;
  absl::Status status_;
};

using IsOfLog = std::function<absl::StatusOr<bool>(const LogEnd& end)>;

absl::StatusOr<Checkpoint> ReadCheckpoint(const IsOfLog& is_of_log, const std::string& path, Position position,
                                          const Interrupted& interrupted) {
  File file(path, O_RDONLY);
  if (!file.is_open()) return Failed("read", path);
  const absl::StatusOr<size_t> size = file.Size();
  if (!size.ok()) return size.status();
  std::string header(kHeaderSize, '\0');
  const absl::StatusOr<size_t> got = file.Read(header.data(), header.size());
  if (!got.ok()) return got.status();
  if (*got < kHeaderSize || *size < kHeaderSize + kHashSize) return absl::DataLossError("it ends early.");
  if (!absl::StartsWith(header, kMagic)) return absl::DataLossError("it is no checkpoint.");
  Checkpoint checkpoint;
  checkpoint.end.position = position;
  std::memcpy(checkpoint.end.hash.data(), header.data() + kHeaderSize - kBigEndianSize - kHashSize, kHashSize);
  const absl::Time time =
      absl::FromUnixMicros(static_cast<int64_t>(FromBigEndian(absl::string_view(header).substr(kHeaderSize - 8))));
  const std::string expected = HeaderOf(checkpoint.end, time);
  const size_t version_size = kMagic.size() + kBigEndianSize + kHashSize;
  if (header.compare(0, version_size, expected, 0, version_size) != 0) {
    return absl::FailedPreconditionError("another version of Bursar has written it.");
  }
  if (header != expected) return absl::DataLossError("it is of another position than its name says.");
  const absl::StatusOr<bool> of_this_log = is_of_log(checkpoint.end);
  if (!of_this_log.ok()) return of_this_log.status();
  if (!*of_this_log) return absl::FailedPreconditionError("it is of another log.");

  Content content(file, *size - kHeaderSize - kHashSize, header, interrupted);
  absl::StatusOr<State> state = ReadState([&content] { return content.Next(); });
  if (!content.status().ok()) return content.status();
  if (!state.ok()) return state.status();
  if (absl::Status whole = content.Check(); !whole.ok()) return whole;
  if (state->position != position || state->time != time) return absl::DataLossError("it is of another position.");
  checkpoint.state = *std::move(state);
  return checkpoint;
}

}  // namespace

absl::Status WriteCheckpoint(const std::string& folder, const State& state, const LogEnd& end,
                             const Interrupted& interrupted) {
  BURSAR_CHECK(state.position == end.position);
  if (absl::Status made = MakeFolder(folder); !made.ok()) return made;
  const std::string unfinished = PathOf(folder, end.position, kUnfinished);
  const std::string path = PathOf(folder, end.position, kEnding);
  absl::Status written = WriteUnfinished(unfinished, state, end, interrupted);
  if (written.ok() && rename(unfinished.c_str(), path.c_str()) != 0) written = Failed("renamed", unfinished);
  if (!written.ok()) {
    unlink(unfinished.c_str());
    return written;
  }
  if (absl::Status synced = SyncFolder(folder); !synced.ok()) return synced;
  RemoveOld(folder);
  return absl::OkStatus();
}

Checkpoint NearestCheckpoint(const EventLog& log, const std::string& folder, Position position, const Warn& warn,
                             const Interrupted& interrupted) {
  const IsOfLog is_of_log = [&log](const LogEnd& end) { return HasEnd(log, end); };
  for (const Position candidate : CheckpointsIn(folder)) {
    if (candidate > position) continue;
    const std::string path = PathOf(folder, candidate, kEnding);
    absl::StatusOr<Checkpoint> checkpoint = ReadCheckpoint(is_of_log, path, candidate, interrupted);
    if (checkpoint.ok()) return *std::move(checkpoint);
    if (absl::IsCancelled(checkpoint.status())) break;
    if (warn) warn(absl::StrCat("The checkpoint ", path, " is passed over: ", checkpoint.status().message()));
  }
  return {};
}

absl::StatusOr<Checkpoint> ReadCheckpointAt(const std::string& folder, const LogEnd& end) {
  const IsOfLog is_of_log = [&end](const LogEnd& found) { return found.hash == end.hash; };
  return ReadCheckpoint(is_of_log, PathOf(folder, end.position, kEnding), end.position, nullptr);
}

std::vector<Position> CheckpointsIn(const std::string& folder) {
  std::vector<Position> positions;
  std::error_code ignored;
  for (std::filesystem::directory_iterator file(folder, ignored), end; file != end; file.increment(ignored)) {
    const std::string name = file->path().filename().string();
    absl::string_view number = name;
    Position position = 0;
    if (absl::ConsumeSuffix(&number, kEnding) && absl::SimpleAtoi(number, &position) &&
        absl::StrCat(position) == number) {
      positions.push_back(position);
    }
  }
  std::sort(positions.rbegin(), positions.rend());
  return positions;
}

}  // namespace bursar
