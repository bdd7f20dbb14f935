#include "ftp/ftp_adapter.h"

#include <weir/plugin.h>

WEIR_PLUGIN(weir::FtpAdapter, "ftp", "1.0", "ftp,ftps,ftpes,sftp", "", "")
