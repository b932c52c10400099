#include "net/octet_source.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tidemark::net {

namespace {

constexpr std::size_t hashed_at_once = 1024 * 1024;

class InMemory final : public OctetSource {
 public:
  explicit InMemory(base::Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  base::Result<void> read(std::uint64_t first, std::span<std::uint8_t> into) const override {
    if (first > bytes_.size() || into.size() > bytes_.size() - first) {
      return base::fail(base::Errc::Unavailable, "octets beyond the end");
    }
    std::ranges::copy(base::ByteView(bytes_).subspan(first, into.size()), into.begin());
    return {};
  }

 private:
  const base::Bytes bytes_;
};

base::Error failed(const std::string& path, const char* call) {
  const int reason = errno;
  return {reason == ENOENT ? base::Errc::NotFound : base::Errc::Unavailable,
          path + ": " + call + ": " + std::generic_category().message(reason)};
}

class File final : public OctetSource {
 public:
  File(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~File() override { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  base::Result<void> measure() {
    struct ::stat found{};
    if (::fstat(descriptor_, &found) != 0) return std::unexpected(failed(path_, "stat"));
    if (!S_ISREG(found.st_mode)) {
      return base::fail(base::Errc::Unavailable, path_ + ": no regular file");
    }
    size_ = static_cast<std::uint64_t>(found.st_size);
    return {};
  }
  std::uint64_t size() const override { return size_; }
  base::Result<void> read(std::uint64_t first, std::span<std::uint8_t> into) const override {
    while (!into.empty()) {
      const ::ssize_t got =
          ::pread(descriptor_, into.data(), into.size(), static_cast<::off_t>(first));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::unexpected(failed(path_, "read"));
      if (got == 0) return base::fail(base::Errc::Unavailable, path_ + ": it became shorter");
      first += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return {};
  }

 private:
  const std::string path_;
  const int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::shared_ptr<const OctetSource> octets_of(base::Bytes bytes) {
  return std::make_shared<InMemory>(std::move(bytes));
}

base::Result<std::shared_ptr<const OctetSource>> open_octets(std::string path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return std::unexpected(failed(path, "open"));
  auto file = std::make_shared<File>(std::move(path), descriptor);
  TIDEMARK_TRY_VOID(file->measure());
  return file;
}

base::Result<base::Sha256> sha256_of(const OctetSource& source) {
  base::Sha256Stream hash;
  base::Bytes part;
  for (std::uint64_t at = 0; at < source.size(); at += part.size()) {
    part.resize(std::min<std::uint64_t>(hashed_at_once, source.size() - at));
    TIDEMARK_TRY_VOID(source.read(at, part));
    hash.update(part);
  }
  return hash.finish();
}

}  // namespace tidemark::net
