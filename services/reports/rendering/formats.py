"""What each format is called outside."""

from services.reports.document import Format

MEDIA_TYPES = {
    Format.HTML: "text/html; charset=utf-8",
    Format.PDF: "application/pdf",
    # A table a file.
    Format.CSV: "application/zip",
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
}

EXTENSIONS = {
    Format.HTML: "html",
    Format.PDF: "pdf",
    Format.CSV: "csv.zip",
    Format.JSON: "json",
    Format.XLSX: "xlsx",
    Format.PARQUET: "parquet",
}
