"""The budget document (KAK with RAB, for APBD and its revision): from frozen figures to DOCX, PDF and XLSX.

Pure in the sense that counts: the same frozen input gives the same files to the byte. Gathering and storing the input,
approval and pages are others' business. Drawing and PDF need the extra `planning`.
"""
