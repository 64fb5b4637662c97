#include "tests/faults/disk.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

namespace bursar::faults {
namespace {

// What a disk writes wholly or not at all.
constexpr size_t kSector = 512;

std::vector<std::string> Steps(const std::string& path) {
  std::vector<std::string> steps;
  std::string step;
  for (const char c : path) {
    if (c != '/') {
      step.push_back(c);
    } else if (!step.empty()) {
      steps.push_back(std::exchange(step, ""));
    }
  }
  if (!step.empty()) steps.push_back(step);
  return steps;
}

Cut OneOf(Cut cut, Dice& dice) {
  if (cut != Cut::kMixed) return cut;
  return dice.Pick({Cut::kLost, Cut::kPrefix, Cut::kTorn, Cut::kZeros, Cut::kKept});
}

// Copies a tree of folders; what has two names before has two names after.
class Copier {
 public:
  using CopyFile = std::function<std::shared_ptr<File>(const File&)>;
  using CopyFolder = std::function<std::shared_ptr<Folder>(const Folder&, Copier&)>;
  Copier(CopyFile file, CopyFolder folder) : copy_file_(std::move(file)), copy_folder_(std::move(folder)) {}

  Node Copied(const Node& node) {
    Node copied;
    if (node.file) copied.file = Once(node.file, files_, [&] { return copy_file_(*node.file); });
    if (node.folder) copied.folder = Once(node.folder, folders_, [&] { return copy_folder_(*node.folder, *this); });
    return copied;
  }

  template <class Names>
  Names Copied(const Names& names) {
    Names copied;
    for (const auto& [name, node] : names) copied.emplace(name, Copied(node));
    return copied;
  }

 private:
  template <class Thing>
  using Seen = std::unordered_map<const Thing*, std::shared_ptr<Thing>>;

  template <class Thing, class Make>
  static std::shared_ptr<Thing> Once(const std::shared_ptr<Thing>& thing, Seen<Thing>& seen, const Make& make) {
    const auto found = seen.find(thing.get());
    return found != seen.end() ? found->second : seen.emplace(thing.get(), make()).first->second;
  }

  const CopyFile copy_file_;
  const CopyFolder copy_folder_;
  Seen<File> files_;
  Seen<Folder> folders_;
};

}  // namespace

void File::Write(size_t offset, const char* data, size_t size) {
  if (size == 0) return;
  // A hole reads as zeros.
  if (offset > bytes_.size()) {
    unsynced_.push_back({bytes_.size(), offset});
    bytes_.resize(offset);
  }
  if (offset + size > bytes_.size()) bytes_.resize(offset + size);
  std::copy_n(data, size, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  if (!unsynced_.empty() && unsynced_.back().end == offset) {
    unsynced_.back().end = offset + size;
  } else {
    unsynced_.push_back({offset, offset + size});
  }
}

void File::Resize(size_t size) {
  if (size == bytes_.size()) return;
  if (size > bytes_.size()) unsynced_.push_back({bytes_.size(), size});
  resized_ = resized_ || size < bytes_.size();
  bytes_.resize(size);
}

void File::Sync() {
  if (resized_) durable_.resize(std::min(durable_.size(), bytes_.size()));
  resized_ = false;
  for (const Extent& extent : unsynced_) {
    const Extent clipped = Clipped(extent, bytes_.size());
    if (clipped.begin >= clipped.end) continue;
    if (durable_.size() < clipped.end) durable_.resize(clipped.end);
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(clipped.begin),
              bytes_.begin() + static_cast<std::ptrdiff_t>(clipped.end),
              durable_.begin() + static_cast<std::ptrdiff_t>(clipped.begin));
  }
  unsynced_.clear();
}

void File::FailSync() {
  forsaken_.insert(forsaken_.end(), unsynced_.begin(), unsynced_.end());
  unsynced_.clear();
}

void File::Set(std::string bytes) {
  durable_ = bytes;
  bytes_ = std::move(bytes);
  unsynced_.clear();
  forsaken_.clear();
  resized_ = false;
}

File::Extent File::Clipped(const Extent& extent, size_t size) {
  return {std::min(extent.begin, size), std::min(extent.end, size)};
}

std::shared_ptr<File> File::AfterCut(Cut cut, Dice& dice) const {
  const Cut mode = OneOf(cut, dice);
  std::string kept = mode == Cut::kKept ? bytes_ : durable_;
  if (mode != Cut::kKept && mode != Cut::kLost) {
    if (resized_ && dice.OneIn(2)) kept.resize(std::min(kept.size(), bytes_.size()));
    KeepSomeOverwrites(kept, dice);
    KeepSomeOfTheTail(kept, mode, dice);
  }
  auto file = std::make_shared<File>();
  file->Set(std::move(kept));
  return file;
}

void File::KeepSomeOverwrites(std::string& kept, Dice& dice) const {
  for (const std::vector<Extent>* extents : {&forsaken_, &unsynced_}) {
    for (const Extent& extent : *extents) {
      const Extent over = Clipped(Clipped(extent, bytes_.size()), kept.size());
      for (size_t at = over.begin; at < over.end; at = std::min(over.end, (at / kSector + 1) * kSector)) {
        if (dice.OneIn(2)) continue;
        const size_t end = std::min(over.end, (at / kSector + 1) * kSector);
        kept.replace(at, end - at, bytes_, at, end - at);
      }
    }
  }
}

void File::KeepSomeOfTheTail(std::string& kept, Cut cut, Dice& dice) const {
  if (bytes_.size() <= kept.size()) return;
  const auto missing = static_cast<int64_t>(bytes_.size() - kept.size());
  kept.append(bytes_, kept.size(), static_cast<size_t>(dice.Below(missing + 1)));
  const auto torn = static_cast<int64_t>(bytes_.size() - kept.size());
  if (torn == 0) return;
  const auto filled = static_cast<size_t>(dice.OneIn(2) ? torn : dice.Below(torn + 1));
  if (cut == Cut::kTorn) kept += dice.Bytes(std::min(filled, kSector));
  if (cut == Cut::kZeros) kept.append(filled, '\0');
}

void Folder::Change(std::vector<Naming> namings) {
  Apply(namings, names_);
  unsynced_.push_back(std::move(namings));
}

void Folder::Sync() {
  for (const std::vector<Naming>& change : unsynced_) Apply(change, durable_);
  unsynced_.clear();
}

void Folder::SetName(const std::string& name, const Node& node) {
  Apply({{name, node}}, names_);
  Sync();
  durable_ = names_;
}

void Folder::Apply(const std::vector<Naming>& change, Names& names) {
  for (const Naming& naming : change) {
    if (naming.node.empty()) {
      names.erase(naming.name);
    } else {
      names[naming.name] = naming.node;
    }
  }
}

Disk Disk::Copy() const {
  Copier copier([](const File& file) { return std::make_shared<File>(file); },
                [](const Folder& folder, Copier& copy) {
                  auto copied = std::make_shared<Folder>();
                  copied->names_ = copy.Copied(folder.names_);
                  copied->durable_ = copy.Copied(folder.durable_);
                  copied->unsynced_ = folder.unsynced_;
                  for (std::vector<Folder::Naming>& change : copied->unsynced_) {
                    for (Folder::Naming& naming : change) naming.node = copy.Copied(naming.node);
                  }
                  return copied;
                });
  Disk disk;
  disk.root_ = copier.Copied(Node{.folder = root_}).folder;
  return disk;
}

Disk Disk::AfterCut(Cut cut, Dice& dice) const {
  Copier copier([&](const File& file) { return file.AfterCut(cut, dice); },
                [&](const Folder& folder, Copier& copy) {
                  const Cut mode = OneOf(cut, dice);
                  Folder::Names names = folder.durable_;
                  const auto changes = static_cast<int64_t>(folder.unsynced_.size());
                  const int64_t kept = mode == Cut::kLost ? 0 : mode == Cut::kKept ? changes : dice.Below(changes + 1);
                  for (int64_t i = 0; i < kept; ++i) Folder::Apply(folder.unsynced_[static_cast<size_t>(i)], names);
                  auto copied = std::make_shared<Folder>();
                  copied->names_ = copy.Copied(names);
                  copied->durable_ = copied->names_;
                  return copied;
                });
  Disk disk;
  disk.root_ = copier.Copied(Node{.folder = root_}).folder;
  return disk;
}

Node Disk::At(const std::string& path) const {
  Node node{.folder = root_};
  for (const std::string& step : Steps(path)) {
    if (node.folder == nullptr) return {};
    const auto found = node.folder->names().find(step);
    if (found == node.folder->names().end()) return {};
    node = found->second;
  }
  return node;
}

std::shared_ptr<Folder> Disk::FolderOf(const std::string& path) const {
  std::vector<std::string> steps = Steps(path);
  std::string above;
  for (size_t i = 0; i + 1 < steps.size(); ++i) above += "/" + steps[i];
  return At(above).folder;
}

std::string Disk::LastName(const std::string& path) {
  const std::vector<std::string> steps = Steps(path);
  return steps.empty() ? "" : steps.back();
}

std::vector<std::string> Disk::FilesIn(const std::string& folder) const {
  std::vector<std::string> files;
  const std::function<void(const std::string&, const Folder&)> walk = [&](const std::string& path, const Folder& in) {
    for (const auto& [name, node] : in.names()) {
      if (node.file) files.push_back(path + "/" + name);
      if (node.folder) walk(path + "/" + name, *node.folder);
    }
  };
  if (const std::shared_ptr<Folder> top = At(folder).folder) walk(folder == "/" ? "" : folder, *top);
  return files;
}

void Disk::SetFile(const std::string& path, std::string bytes) {
  // Another file of the same name, so that a second name of the first is left alone.
  auto file = std::make_shared<File>();
  file->Set(std::move(bytes));
  FolderOf(path)->SetName(LastName(path), Node{.file = file});
}

void Disk::Remove(const std::string& path) { FolderOf(path)->SetName(LastName(path), {}); }

void Disk::Take(const std::string& path, const Disk& other) {
  const Disk copy = other.Copy();
  FolderOf(path)->SetName(LastName(path), copy.At(path));
}

uint64_t Disk::used() const {
  uint64_t used = 0;
  for (const std::string& path : FilesIn("/")) used += At(path).file->bytes().size();
  return used;
}

}  // namespace bursar::faults
