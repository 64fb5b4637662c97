// A disk in memory that remembers what has reached it and what is only in the page cache, so that the power can be cut.
//
// What no sync has covered may be lost: bytes, names of files, renames, deletions, folders. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/laws/dice.h"

namespace bursar::faults {

using laws::Dice;

// What a power cut leaves of what was not synced.
enum class Cut {
  kLost,    // nothing
  kPrefix,  // a random part from the beginning: of each file's new bytes, of each folder's new names
  kTorn,    // that, and where bytes are missing, garbage
  kZeros,   // that, and where bytes are missing, zeros: the size had been written, the bytes had not
  kKept,    // all of it
  kMixed,   // for each file and folder another one of these
};

// A file's bytes, which any number of names may stand for.
class File {
 public:
  const std::string& bytes() const { return bytes_; }

  void Write(size_t offset, const char* data, size_t size);
  void Resize(size_t size);
  void Sync();
  // A sync that failed: the page cache takes the bytes for written, and no later sync brings them to the disk.
  void FailSync();
  // As if it had always been so.
  void Set(std::string bytes);

  std::shared_ptr<File> AfterCut(Cut cut, Dice& dice) const;

 private:
  struct Extent {
    size_t begin = 0;
    size_t end = 0;
  };
  static Extent Clipped(const Extent& extent, size_t size);
  void KeepSomeOverwrites(std::string& kept, Dice& dice) const;
  void KeepSomeOfTheTail(std::string& kept, Cut cut, Dice& dice) const;

  std::string bytes_;
  std::string durable_;
  std::vector<Extent> unsynced_;
  // Written, and believed synced, and not on the disk.
  std::vector<Extent> forsaken_;
  bool resized_ = false;
};

class Folder;

// What a name stands for; nothing where both are null.
struct Node {
  std::shared_ptr<File> file;
  std::shared_ptr<Folder> folder;
  bool empty() const { return file == nullptr && folder == nullptr; }
};

class Folder {
 public:
  const std::map<std::string, Node>& names() const { return names_; }

  // An empty node takes the name away.
  void Name(const std::string& name, const Node& node) { Change({{name, node}}); }
  // Several names at once: after a cut all of them, or none.
  struct Naming {
    std::string name;
    Node node;
  };
  void Change(std::vector<Naming> namings);
  void Sync();
  void SetName(const std::string& name, const Node& node);

 private:
  friend class Disk;
  using Names = std::map<std::string, Node>;
  static void Apply(const std::vector<Naming>& change, Names& names);

  Names names_;
  Names durable_;
  std::vector<std::vector<Naming>> unsynced_;
};

class Disk {
 public:
  Disk() : root_(std::make_shared<Folder>()) {}
  Disk(Disk&&) = default;
  Disk& operator=(Disk&&) = default;

  // The same, sharing nothing: also what is not synced. What a process finds that starts after another was killed.
  Disk Copy() const;
  // What a machine finds that starts after its power was cut.
  Disk AfterCut(Cut cut, Dice& dice) const;

  // Empty where there is none.
  Node At(const std::string& path) const;
  // Null where there is none.
  std::shared_ptr<Folder> FolderOf(const std::string& path) const;
  static std::string LastName(const std::string& path);

  // Every file in a folder, at any depth, by its whole path.
  std::vector<std::string> FilesIn(const std::string& folder) const;
  // As if the file had always been so; made where it is missing, in a folder that exists.
  void SetFile(const std::string& path, std::string bytes);
  // As if it had never been there; folders with all they hold.
  void Remove(const std::string& path);
  // As if `path` had always been what it is on `other`, where it exists.
  void Take(const std::string& path, const Disk& other);

  uint64_t used() const;

 private:
  std::shared_ptr<Folder> root_;
};

}  // namespace bursar::faults
