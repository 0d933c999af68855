#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/clock.h"
#include "wsd/delivery.h"

namespace parlor::wsd {
namespace {

namespace fs = std::filesystem;

Delivered Trouble(const char* doing, int error) {
  return {Delivered::Outcome::kTryLater,
          std::string(doing) + ": " + std::generic_category().message(error)};
}

// Owns a descriptor.
class File {
 public:
  explicit File(const fs::path& path)
      : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return descriptor_ >= 0; }

  // On the disk, too.
  bool Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return fsync(descriptor_) == 0;
  }

 private:
  int descriptor_;
};

class FolderDelivery final : public MailDelivery {
 public:
  explicit FolderDelivery(fs::path folder) : folder_(std::move(folder)) {}

  Delivered Deliver(const Envelope& envelope, const std::string& message) override {
    if (const int error = MakeFolder()) return Trouble("making the mail folder", error);
    std::string name = FormatTimestamp(envelope.date) + "-" + std::to_string(envelope.id.value);
    std::replace(name.begin(), name.end(), ':', '.');
    const fs::path path = folder_ / (name + ".eml");
    const fs::path draft = folder_ / ("." + name + ".tmp");
    if (File file(draft); !file.is_open() || !file.Write(message)) {
      Delivered trouble = Trouble("writing a mail file", errno);
      std::remove(draft.c_str());
      return trouble;
    }
    if (std::rename(draft.c_str(), path.c_str()) != 0) {
      return Trouble("naming a mail file", errno);
    }
    return {};
  }

 private:
  int MakeFolder() const {
    std::error_code error;
    if (fs::is_directory(folder_, error)) return 0;
    fs::create_directories(folder_, error);
    if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
    return error.value();
  }

  const fs::path folder_;
};

}  // namespace

std::unique_ptr<MailDelivery> MakeFolderDelivery(const std::string& folder) {
  return std::make_unique<FolderDelivery>(folder);
}

}  // namespace parlor::wsd
