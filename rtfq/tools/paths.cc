#include "rtfq/tools/paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace rtfq {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string AbsolutePath(const std::string& path,
                         const std::string& working_folder,
                         const std::string& home) {
  if (path.empty()) return "";
  std::filesystem::path result = path;
  if (!home.empty() && (path == "~" || path.rfind("~/", 0) == 0)) {
    result = std::filesystem::path(home + path.substr(1));
  } else if (result.is_relative()) {
    result = std::filesystem::path(working_folder) / result;
  }
  std::string normal = result.lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

std::string UserPath(const std::string& path) {
  std::string folder = Variable("RTFQ_WORKING_DIRECTORY");
  if (folder.empty()) folder = Variable("BUILD_WORKING_DIRECTORY");
  if (folder.empty()) {
    std::error_code unknown;
    folder = std::filesystem::current_path(unknown).string();
  }
  return AbsolutePath(path, folder, Variable("HOME"));
}

}  // namespace rtfq
