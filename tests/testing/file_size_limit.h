// A full disk, for a test.
#ifndef TESTS_TESTING_FILE_SIZE_LIMIT_H_
#define TESTS_TESTING_FILE_SIZE_LIMIT_H_

#include <sys/resource.h>

#include <csignal>
#include <cstdint>

#include "rtfq/core/check.h"

namespace rtfq::test {

// While it lives no file of this process grows beyond `bytes`: writing fails
// with EFBIG.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(uint64_t bytes)
      : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    RTFQ_CHECK(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const struct rlimit limit = {bytes, before_.rlim_max};
    RTFQ_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*const handler_)(int);
  struct rlimit before_ = {};
};

}  // namespace rtfq::test

#endif  // TESTS_TESTING_FILE_SIZE_LIMIT_H_
