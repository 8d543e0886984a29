"""Pictures and films: upload, processing, storage, serving."""
