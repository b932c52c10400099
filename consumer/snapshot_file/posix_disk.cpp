#include "consumer/snapshot_file/posix_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tidemark::consumer {

namespace {

using base::Errc;
using base::Result;

constexpr std::string_view temporary_suffix = ".tmp";
constexpr std::size_t write_octets_max = 16 * 1024 * 1024;  // of one call

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

Result<void> check_name(std::string_view name) {
  if (name.empty() || name.starts_with('.') || name.contains('/') || name.contains('\0')) {
    return base::fail(Errc::Invalid, "'" + std::string(name) + "' is no name of a file here");
  }
  return {};
}

bool write_all(int file, base::ByteView bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), std::min(bytes.size(), write_octets_max));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool is_left_over(std::string_view name) {
  return name.starts_with('.') && name.ends_with(temporary_suffix);
}

}  // namespace

PosixDisk::PosixDisk(std::string folder, int descriptor)
    : folder_(std::move(folder)), descriptor_(descriptor) {}
PosixDisk::~PosixDisk() { ::close(descriptor_); }

base::Error PosixDisk::failed(std::string_view call, std::string_view name) const {
  const int reason = errno;
  std::string trail = folder_;
  if (!name.empty()) trail.append("/").append(name);
  trail.append(": ").append(call).append(": ");
  trail.append(std::generic_category().message(reason));
  return {reason == ENOENT ? Errc::NotFound : Errc::Unavailable, std::move(trail)};
}

Result<std::unique_ptr<PosixDisk>> PosixDisk::open(std::string folder) {
  std::error_code failed;
  if (!std::filesystem::is_directory(folder, failed)) {
    std::filesystem::create_directories(folder, failed);
    if (failed) {
      return base::fail(Errc::Unavailable, folder + ": create folder: " + failed.message());
    }
    ::chmod(folder.c_str(), 0700);
  }
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return base::fail(Errc::Unavailable,
                      folder + ": open: " + std::generic_category().message(errno));
  }
  std::unique_ptr<PosixDisk> disk(new PosixDisk(std::move(folder), descriptor));
  for (const auto& entry : std::filesystem::directory_iterator(disk->folder_, failed)) {
    const std::string name = entry.path().filename().string();
    if (is_left_over(name)) ::unlinkat(descriptor, name.c_str(), 0);
  }
  return disk;
}

Result<base::Bytes> PosixDisk::read(std::string_view name) {
  TIDEMARK_TRY_VOID(check_name(name));
  const std::string path(name);
  const Descriptor file(::openat(descriptor_, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::unexpected(failed("open", name));
  struct ::stat found{};
  if (::fstat(file.number(), &found) != 0) return std::unexpected(failed("stat", name));
  if (!S_ISREG(found.st_mode)) {
    return base::fail(Errc::Invalid, folder_ + "/" + path + ": no regular file");
  }
  base::Bytes bytes(static_cast<std::size_t>(found.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.number(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(failed("read", name));
    if (got == 0) break;  // it became shorter: what is there does not verify
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<void> PosixDisk::write_durably(std::string_view name, base::ByteView bytes) {
  TIDEMARK_TRY_VOID(check_name(name));
  const std::string path(name);
  const std::string temporary = "." + path + std::string(temporary_suffix);
  const auto give_up = [&](std::string_view call) {
    base::Error error = failed(call, name);
    ::unlinkat(descriptor_, temporary.c_str(), 0);
    return std::unexpected(std::move(error));
  };
  ::unlinkat(descriptor_, temporary.c_str(), 0);
  {
    const Descriptor file(
        ::openat(descriptor_, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open()) return std::unexpected(failed("create", name));
    if (!write_all(file.number(), bytes)) return give_up("write");
    // After a failed fsync the kernel may have dropped the pages and say "done" the next time.
    if (::fsync(file.number()) != 0) return give_up("fsync");
  }
  if (::renameat(descriptor_, temporary.c_str(), descriptor_, path.c_str()) != 0) {
    return give_up("rename");
  }
  return sync_folder();
}

Result<void> PosixDisk::sync_folder() {
  if (::fsync(descriptor_) != 0) return std::unexpected(failed("fsync of the folder", {}));
  return {};
}

Result<void> PosixDisk::rename(std::string_view from, std::string_view to) {
  TIDEMARK_TRY_VOID(check_name(from));
  TIDEMARK_TRY_VOID(check_name(to));
  if (::renameat(descriptor_, std::string(from).c_str(), descriptor_, std::string(to).c_str())) {
    return std::unexpected(failed("rename", from));
  }
  return sync_folder();
}

Result<void> PosixDisk::remove(std::string_view name) {
  TIDEMARK_TRY_VOID(check_name(name));
  if (::unlinkat(descriptor_, std::string(name).c_str(), 0) != 0) {
    return std::unexpected(failed("remove", name));
  }
  return sync_folder();
}

Result<std::vector<std::string>> PosixDisk::list() {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.')) names.push_back(std::move(name));
  }
  if (failed) return base::fail(Errc::Unavailable, folder_ + ": list: " + failed.message());
  std::ranges::sort(names);
  return names;
}

}  // namespace tidemark::consumer
