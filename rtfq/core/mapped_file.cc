#include "rtfq/core/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rtfq/core/errno_status.h"

namespace rtfq {
namespace {

absl::StatusOr<size_t> SizeOf(int fd, const std::string& path) {
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoStatus(path, "examine");
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a folder or device, not a file"));
  }
  if (info.st_size == 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is empty"));
  }
  return static_cast<size_t>(info.st_size);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MappedFile>> MappedFile::Open(
    const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoStatus(path, "open");
  const absl::StatusOr<size_t> size = SizeOf(fd, path);
  void* data = MAP_FAILED;
  absl::Status status = size.status();
  if (status.ok()) {
    data = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) status = ErrnoStatus(path, "map");
  }
  ::close(fd);
  if (!status.ok()) return status;
  return std::unique_ptr<MappedFile>(new MappedFile(data, *size));
}

MappedFile::~MappedFile() { ::munmap(data_, size_); }

void MappedFile::ReleasePages() const {
  ::madvise(data_, size_, MADV_DONTNEED);
}

}  // namespace rtfq
