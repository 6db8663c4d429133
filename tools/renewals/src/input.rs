//! Reading exports: files, formats, records.
